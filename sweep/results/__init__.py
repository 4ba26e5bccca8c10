"""What a sweep gave: its runs, its leaders, its best network, its confirmation."""
