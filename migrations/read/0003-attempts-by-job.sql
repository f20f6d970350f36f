-- Finds the attempts of one job, for a look into a dead letter. Breaks nothing: an index more. Of a month's attempts
-- of a busy shop it takes some seconds to make; what arrives meanwhile waits.
CREATE INDEX job_attempt_job_id ON job_attempt (job_id);
