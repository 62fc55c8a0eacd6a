"""Writing what is new: a service that a module becomes, and a module for a monolith. Whole, or not at all."""
