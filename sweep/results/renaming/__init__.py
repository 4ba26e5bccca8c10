"""A sweep gets another name: what is renamed (`plan`), how (`steps`), and which texts (`texts`)."""
