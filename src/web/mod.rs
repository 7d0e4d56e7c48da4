//! THE WEB: the same port, for those who do not speak gRPC. Calls as JSON over HTTP.

mod call;
mod error;
mod frame;
mod json;
mod lines;
mod methods;
mod refusal;
mod request;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;

use methods::Methods;

/// The services' router, with the web around it.
pub fn router(services: Router) -> Router {
    let methods = Arc::new(Methods::new());
    services.layer(from_fn_with_state(methods, call::transcode))
}
