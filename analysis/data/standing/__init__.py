"""How configurations stand: what is whole, what breaks a limit, what is ahead but not done."""
