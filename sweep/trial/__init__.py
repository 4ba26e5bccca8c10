"""One trial: trained epoch by epoch, resumable, with how it ended."""
