"""How a search went: its configurations, in their order, over their params and epochs."""
