"""A specification: from YAML to a validated plan, with its search space."""
