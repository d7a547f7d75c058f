"""Yanking."""
