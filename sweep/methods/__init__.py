"""The methods of a search: samplers suggest configurations, schedulers stop bad trials early.

Each is one file with its declaration, and one line in the list of its folder. The rest is derived
from the declaration: what a specification may say, its JSON schema, its errors. Nothing here
imports Optuna or Ray before a method is made.
"""
