//! The context of a request, for services that are built with tower.

use std::fmt;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};

use tower_layer::Layer;
use tower_service::Service;

use super::context::{Context, InContext};

/// Runs each request of a service in the [`Context`] that a function reads from it.
///
/// It fits axum, tonic, hyper and whatever else is built with tower, on both sides: the
/// function gets the request as the service below does.
///
/// ```
/// use aiusage_client::{Context, ContextLayer};
/// use tower::{Layer, Service};
///
/// # let runtime = tokio::runtime::Builder::new_current_thread().build()?;
/// # runtime.block_on(async {
/// let layer = ContextLayer::new(|request: &http::Request<String>| {
///     let user = request.headers().get("x-user").and_then(|user| user.to_str().ok());
///     Context::new().user_id(user.unwrap_or_default()).feature(request.uri().path())
/// });
/// let mut service = layer.layer(tower::service_fn(async |_| Ok::<_, ()>(Context::current())));
/// let request = http::Request::get("/chat").header("x-user", "ada").body(String::new());
/// let context = service.call(request.expect("is valid")).await;
/// assert_eq!(context, Ok(Context::new().user_id("ada").feature("/chat")));
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct ContextLayer<F> {
    read: Arc<F>,
}

impl<F> ContextLayer<F> {
    /// A layer that reads contexts by this function.
    pub fn new<R>(read: F) -> Self
    where
        F: Fn(&R) -> Context,
    {
        Self { read: Arc::new(read) }
    }
}

// The clones share the function, whatever it is.
impl<F> Clone for ContextLayer<F> {
    fn clone(&self) -> Self {
        Self { read: Arc::clone(&self.read) }
    }
}

impl<F> fmt::Debug for ContextLayer<F> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("ContextLayer").finish_non_exhaustive()
    }
}

impl<F, S> Layer<S> for ContextLayer<F> {
    type Service = ContextService<F, S>;

    fn layer(&self, inner: S) -> Self::Service {
        ContextService { read: Arc::clone(&self.read), inner }
    }
}

/// What [`ContextLayer`] makes of a service.
pub struct ContextService<F, S> {
    read: Arc<F>,
    inner: S,
}

impl<F, S: Clone> Clone for ContextService<F, S> {
    fn clone(&self) -> Self {
        Self { read: Arc::clone(&self.read), inner: self.inner.clone() }
    }
}

impl<F, S: fmt::Debug> fmt::Debug for ContextService<F, S> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("ContextService").field("inner", &self.inner).finish_non_exhaustive()
    }
}

impl<F, S, R> Service<R> for ContextService<F, S>
where
    F: Fn(&R) -> Context,
    S: Service<R>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = InContext<S::Future>;

    fn poll_ready(&mut self, task: &mut TaskContext<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(task)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let context = (self.read)(&request);
        // A service may read the context before its future runs, too.
        let future = context.clone().sync_scope(|| self.inner.call(request));
        context.scope(future)
    }
}
