"""The sections of a specification, such as `sampler`, `budget` and `resources`."""
