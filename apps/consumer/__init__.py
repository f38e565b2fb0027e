"""Streamlit screen of the consumer."""
