"""Pictures in files: read as bytes of a wanted shape, and written as a sheet of samples."""
