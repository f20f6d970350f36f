-- Finds the attempts that have been kept long enough. Breaks nothing: an index more, small and quick to make.
CREATE INDEX job_attempt_ended_at ON job_attempt USING brin (ended_at);
