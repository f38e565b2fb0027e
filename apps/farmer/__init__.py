"""Streamlit screen of the farmer."""
