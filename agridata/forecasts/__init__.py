"""Forecasts and advice as they were issued."""
