"""What a network answered to every test image: the record, and its file."""
