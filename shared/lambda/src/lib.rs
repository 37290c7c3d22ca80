//! Runs an API area or a worker on AWS Lambda.
