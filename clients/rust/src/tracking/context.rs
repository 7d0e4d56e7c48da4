//! Who and what the calls of a task belong to.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::task::futures::TaskLocalFuture;

use crate::proto;

tokio::task_local! {
    static CURRENT: Arc<Context>;
}

/// User, job, session, feature, function and tags that every record takes which is
/// made inside, unless it says otherwise.
///
/// Contexts nest: the inner one wins field by field, and tags are put together. A
/// spawned task or thread begins without one: give it [`Context::current`].
///
/// ```
/// use aiusage_client::Context;
///
/// # let runtime = tokio::runtime::Builder::new_current_thread().build()?;
/// # runtime.block_on(async {
/// Context::new().user_id("ada").feature("chat").tag("plan", "pro").scope(async {
///     Context::new().feature("search").sync_scope(|| {
///         let here = Context::current();
///         assert_eq!(here, Context::new().user_id("ada").feature("search").tag("plan", "pro"));
///     });
/// }).await;
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[must_use = "a context does nothing until something runs in its scope"]
pub struct Context {
    user_id: String,
    job_id: String,
    session_id: String,
    feature: String,
    function_name: String,
    tags: BTreeMap<String, String>,
}

/// Setters of text fields, named as on the wire.
macro_rules! text_fields {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => { $(
        $(#[$doc])*
        pub fn $name(mut self, $name: impl Into<String>) -> Self {
            self.$name = $name.into();
            self
        }
    )* };
}

impl Context {
    /// A context that says nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// The context of the running task or [`sync_scope`](Context::sync_scope); one
    /// that says nothing where there is none.
    pub fn current() -> Self {
        CURRENT.try_with(|context| Context::clone(context)).unwrap_or_default()
    }

    text_fields! {
        /// Who causes the calls.
        user_id,
        /// The background job that they belong to.
        job_id,
        /// The user's session or conversation.
        session_id,
        /// The part of the product that makes them, such as `chat`.
        feature,
        /// The function or code path inside the feature.
        function_name,
    }

    /// A free label for breakdowns.
    pub fn tag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.tags.insert(key.into(), value.into());
        self
    }

    /// Runs a future in this context, inside the one that is current now.
    pub fn scope<F: Future>(self, future: F) -> InContext<F> {
        CURRENT.scope(self.inside_current(), future)
    }

    /// Runs a function in this context, inside the one that is current now.
    pub fn sync_scope<T>(self, function: impl FnOnce() -> T) -> T {
        CURRENT.sync_scope(self.inside_current(), function)
    }

    /// What this context leaves open, from the current one.
    fn inside_current(mut self) -> Arc<Self> {
        let outer = CURRENT.try_with(Arc::clone).unwrap_or_default();
        let fill = |field: &mut String, outer: &String| {
            if field.is_empty() {
                field.clone_from(outer);
            }
        };
        fill(&mut self.user_id, &outer.user_id);
        fill(&mut self.job_id, &outer.job_id);
        fill(&mut self.session_id, &outer.session_id);
        fill(&mut self.feature, &outer.feature);
        fill(&mut self.function_name, &outer.function_name);
        for (key, value) in &outer.tags {
            self.tags.entry(key.clone()).or_insert_with(|| value.clone());
        }
        Arc::new(self)
    }

    /// Gives a record what it leaves open, from the current context.
    pub(crate) fn fill_current(record: &mut proto::UsageRecord) {
        #[cfg(feature = "opentelemetry")]
        super::trace::fill_current(record);
        // Without a context there is nothing to fill in.
        let _absent = CURRENT.try_with(|context| context.fill(record));
    }

    fn fill(&self, record: &mut proto::UsageRecord) {
        let fill = |field: &mut String, context: &String| {
            if field.is_empty() {
                field.clone_from(context);
            }
        };
        fill(&mut record.user_id, &self.user_id);
        fill(&mut record.job_id, &self.job_id);
        fill(&mut record.session_id, &self.session_id);
        fill(&mut record.feature, &self.feature);
        fill(&mut record.function_name, &self.function_name);
        for (key, value) in &self.tags {
            record.tags.entry(key.clone()).or_insert_with(|| value.clone());
        }
    }
}

/// A future that runs in a [`Context`].
pub type InContext<F> = TaskLocalFuture<Arc<Context>, F>;

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(mut record: proto::UsageRecord) -> proto::UsageRecord {
        Context::fill_current(&mut record);
        record
    }

    #[test]
    fn what_a_record_says_itself_counts() {
        let context = Context::new().user_id("ada").job_id("nightly").tag("a", "1").tag("b", "1");
        let own = proto::UsageRecord {
            user_id: "bob".to_owned(),
            tags: [("b".to_owned(), "2".to_owned())].into(),
            ..Default::default()
        };
        let record = context.sync_scope(|| filled(own));
        assert_eq!((record.user_id.as_str(), record.job_id.as_str()), ("bob", "nightly"));
        assert_eq!((record.tags["a"].as_str(), record.tags["b"].as_str()), ("1", "2"));
        let outside = filled(proto::UsageRecord::default());
        assert_eq!(outside, proto::UsageRecord::default(), "the context ended");
    }

    #[tokio::test]
    async fn tasks_keep_apart() {
        let user = |name: &'static str| {
            Context::new().user_id(name).scope(async move {
                tokio::task::yield_now().await;
                assert_eq!(Context::current(), Context::new().user_id(name));
            })
        };
        tokio::join!(user("ada"), user("bob"));
        let here = Context::new().user_id("ada").scope(async {
            let context = Context::current();
            std::thread::spawn(move || context.sync_scope(Context::current)).join()
        });
        assert_eq!(here.await.expect("no panic"), Context::new().user_id("ada"));
    }
}
