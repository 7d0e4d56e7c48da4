//! The people behind user ids.

use std::time::SystemTime;

use rust_decimal::Decimal;

use crate::client::Client;
use crate::error::{AnswerError, Error};
use crate::{proto, wire};

impl Client {
    /// Adds a user to the directory, or changes what it knows of one.
    ///
    /// # Errors
    ///
    /// `InvalidFields` names every wrong field; those of [`Error`] otherwise.
    pub async fn upsert_user(&self, profile: UserProfile) -> Result<User, Error> {
        let call = |request| {
            let mut users = self.users.clone();
            async move { users.upsert_user(request).await }
        };
        Ok(User::from_proto(self.unary(profile.message, call).await?.user)?)
    }

    /// What is known of a user.
    ///
    /// # Errors
    ///
    /// `UserNotFound`; those of [`Error`] otherwise.
    pub async fn get_user(&self, user_id: impl Into<String>) -> Result<User, Error> {
        let request = proto::GetUserRequest { user_id: user_id.into() };
        let call = |request| {
            let mut users = self.users.clone();
            async move { users.get_user(request).await }
        };
        Ok(User::from_proto(self.unary(request, call).await?.user)?)
    }

    /// One page of the users of the directory and all who have records, by id.
    ///
    /// # Errors
    ///
    /// `PageTokenInvalid` when the token belongs to another question; those of
    /// [`Error`] otherwise.
    pub async fn list_users(&self, query: UserQuery) -> Result<UserPage, Error> {
        let call = |request| {
            let mut users = self.users.clone();
            async move { users.list_users(request).await }
        };
        let page = self.unary(query.message, call).await?;
        let users = wire::all(page.users, |user| User::from_proto(Some(user)))?;
        Ok(UserPage { users, next_page_token: page.next_page_token })
    }

    /// Removes a person: the id, what the directory knows, and what the user's records
    /// carry that could name a person. Sums stay. It cannot be undone.
    ///
    /// # Errors
    ///
    /// `UserNotFound`; those of [`Error`] otherwise. Where the answer was lost, trying
    /// again ends in `UserNotFound`: the user is gone.
    pub async fn erase_user(&self, user_id: impl Into<String>) -> Result<ErasedUser, Error> {
        let request = proto::EraseUserRequest { user_id: user_id.into() };
        let call = |request| {
            let mut users = self.users.clone();
            async move { users.erase_user(request).await }
        };
        let proto::EraseUserResponse { anonymous_user_id, record_count } =
            self.unary(request, call).await?;
        Ok(ErasedUser { anonymous_user_id, record_count })
    }
}

/// What to keep of a user. What is not said stays as it is.
///
/// ```
/// use aiusage_client::{Decimal, UserProfile};
///
/// let profile = UserProfile::new("ada").plan("pro").monthly_revenue(Decimal::from(20));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct UserProfile {
    message: proto::UpsertUserRequest,
}

impl UserProfile {
    /// The user with this id.
    #[must_use]
    pub fn new(user_id: impl Into<String>) -> Self {
        let user = proto::User { user_id: user_id.into(), ..proto::User::default() };
        let update_mask = Some(prost_types::FieldMask::default());
        Self { message: proto::UpsertUserRequest { user: Some(user), update_mask } }
    }

    fn set(mut self, field: &str, set: impl FnOnce(&mut proto::User)) -> Self {
        set(self.message.user.get_or_insert_default());
        let mask = self.message.update_mask.get_or_insert_default();
        mask.paths.push(field.to_owned());
        self
    }

    /// A name to show; an empty one clears it.
    #[must_use]
    pub fn display_name(self, name: impl Into<String>) -> Self {
        self.set("display_name", |user| user.display_name = name.into())
    }

    /// An e-mail address to search by; an empty one clears it.
    #[must_use]
    pub fn email(self, email: impl Into<String>) -> Self {
        self.set("email", |user| user.email = email.into())
    }

    /// The plan; an empty one clears it.
    #[must_use]
    pub fn plan(self, plan: impl Into<String>) -> Self {
        self.set("plan", |user| user.plan = plan.into())
    }

    /// What the user pays in a calendar month, in US dollars.
    #[must_use]
    pub fn monthly_revenue(self, amount: Decimal) -> Self {
        self.set("monthly_revenue", |user| user.monthly_revenue = Some(wire::money(amount)))
    }

    /// What it cost to win the user, in US dollars.
    #[must_use]
    pub fn acquisition_cost(self, amount: Decimal) -> Self {
        self.set("acquisition_cost", |user| user.acquisition_cost = Some(wire::money(amount)))
    }

    /// When the user signed up.
    #[must_use]
    pub fn signup_time(self, time: impl Into<SystemTime>) -> Self {
        let time: SystemTime = time.into();
        self.set("signup_time", |user| user.signup_time = Some(time.into()))
    }
}

/// Asks for a page of users.
///
/// ```
/// use aiusage_client::UserQuery;
///
/// let query = UserQuery::new().search("lovelace").plan("pro");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UserQuery {
    message: proto::ListUsersRequest,
}

impl UserQuery {
    /// All users.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Only those in whose id, name or e-mail address this occurs, whatever the case.
    #[must_use]
    pub fn search(mut self, text: impl Into<String>) -> Self {
        self.message.search = text.into();
        self
    }

    /// Only those with this plan.
    #[must_use]
    pub fn plan(mut self, plan: impl Into<String>) -> Self {
        self.message.plan = plan.into();
        self
    }

    /// Users for one page: 1 to 1,000; by default 100.
    #[must_use]
    pub fn page_size(mut self, page_size: i32) -> Self {
        self.message.page_size = page_size;
        self
    }

    /// The page after the one that ended with this token.
    #[must_use]
    pub fn page_token(mut self, page_token: impl Into<String>) -> Self {
        self.message.page_token = page_token.into();
        self
    }
}

/// One page of users.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct UserPage {
    /// By id.
    pub users: Vec<User>,
    /// Token of the next page; empty at the end.
    pub next_page_token: String,
}

/// A user, and what the directory knows.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct User {
    /// The caller's own id.
    pub user_id: String,
    /// A name to show; empty: none.
    pub display_name: String,
    /// An e-mail address; empty: none.
    pub email: String,
    /// The plan; empty: none.
    pub plan: String,
    /// What the user pays in a calendar month, in US dollars, if known.
    #[serde(with = "rust_decimal::serde::str_option")]
    pub monthly_revenue: Option<Decimal>,
    /// What it cost to win the user, in US dollars, if known.
    #[serde(with = "rust_decimal::serde::str_option")]
    pub acquisition_cost: Option<Decimal>,
    /// When the user signed up, if known.
    #[serde(serialize_with = "wire::optional_rfc3339")]
    pub signup_time: Option<SystemTime>,
    /// When the directory heard of the user first; `None`: it knows nothing.
    #[serde(serialize_with = "wire::optional_rfc3339")]
    pub create_time: Option<SystemTime>,
    /// When that was changed last.
    #[serde(serialize_with = "wire::optional_rfc3339")]
    pub update_time: Option<SystemTime>,
}

impl User {
    fn from_proto(user: Option<proto::User>) -> Result<Self, AnswerError> {
        let user = user.ok_or_else(|| AnswerError::missing("user"))?;
        Ok(Self {
            user_id: user.user_id,
            display_name: user.display_name,
            email: user.email,
            plan: user.plan,
            monthly_revenue: wire::optional_amount("monthly_revenue", user.monthly_revenue)?,
            acquisition_cost: wire::optional_amount("acquisition_cost", user.acquisition_cost)?,
            signup_time: wire::optional_time("signup_time", user.signup_time)?,
            create_time: wire::optional_time("create_time", user.create_time)?,
            update_time: wire::optional_time("update_time", user.update_time)?,
        })
    }
}

/// What is left of a person.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct ErasedUser {
    /// The id that the user's sums are under from now on.
    pub anonymous_user_id: String,
    /// How many records the user has: those that lose what could name a person.
    pub record_count: i64,
}
