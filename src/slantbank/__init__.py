"""slantbank: articles labelled sentence by sentence, so that accounts of one event can be laid side by side."""
