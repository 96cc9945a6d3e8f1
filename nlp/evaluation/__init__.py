"""Evaluation: how well intents are understood, measured on utterances that were not trained on."""
