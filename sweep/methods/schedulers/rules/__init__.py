"""The rules by which configurations are judged, and how they are ranked."""
