"""Statistics of single test images: what is beyond the accuracy of a network."""
