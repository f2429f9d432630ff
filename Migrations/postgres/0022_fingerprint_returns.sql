-- Counts of fingerprint reports get the names of the glossary: reports of a visitor, and returns of a signal.
alter table insight_fingerprints rename column told to reports;
alter table insight_signal_returns rename column tellings to returns;
