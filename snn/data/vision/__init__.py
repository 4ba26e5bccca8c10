"""Image sets that torchvision knows, one file each."""
