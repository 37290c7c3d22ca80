/// The id of a request, in its response's `x-request-id` and in the log.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);
