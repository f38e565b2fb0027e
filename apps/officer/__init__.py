"""Streamlit screen of the officer."""
