"""The configurations of a search: asked of the study, queued, ended, and taken up again."""
