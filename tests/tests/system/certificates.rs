//! `/api/certificates`, from an order to a download, at a real CA.

mod issue;
