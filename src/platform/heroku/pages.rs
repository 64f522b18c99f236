//! Lists, which come in pages.

use reqwest::header::{ACCEPT, RANGE};
use serde::de::DeserializeOwned;

use super::{Heroku, VERSION_3};
use crate::http::{Error, Kind, Request, answer::Answer};

const NEXT_RANGE: &str = "next-range";
/// No list that a run reads is longer than this many pages of 200.
const MOST_PAGES: usize = 100;
/// Nor has it more items.
const MOST_ITEMS: usize = MOST_PAGES * 200;

impl Heroku {
    /// Reads a whole list. A page ends the list if it names no next range, whatever its status (heroku.md §1).
    pub(super) async fn list<'a, T: DeserializeOwned>(
        &self,
        request: impl Fn() -> Request<'a>,
    ) -> Result<Vec<T>, Error> {
        self.pages(None, || request().header(ACCEPT, VERSION_3))
            .await
    }

    /// Reads the first items of a list, `count` at most, in the order of this range: over as many pages as that takes.
    pub(super) async fn newest<'a, T: DeserializeOwned>(
        &self,
        count: usize,
        range: &str,
        request: impl Fn() -> Request<'a>,
    ) -> Result<Vec<T>, Error> {
        let request = || request().header(ACCEPT, VERSION_3);
        let mut items = self.pages_until(count, Some(range), request).await?;
        items.truncate(count);
        Ok(items)
    }

    /// The same from a first range on, with a request that says itself what it accepts.
    pub(super) async fn pages<'a, T: DeserializeOwned>(
        &self,
        first: Option<&str>,
        request: impl Fn() -> Request<'a>,
    ) -> Result<Vec<T>, Error> {
        self.pages_until(usize::MAX, first, request).await
    }

    /// The same until there are `enough` items.
    async fn pages_until<'a, T: DeserializeOwned>(
        &self,
        enough: usize,
        first: Option<&str>,
        request: impl Fn() -> Request<'a>,
    ) -> Result<Vec<T>, Error> {
        let mut items = Vec::new();
        let mut range = first.map(str::to_owned);
        for _ in 0..MOST_PAGES {
            let mut request = request();
            if let Some(range) = &range {
                request = request.header(RANGE, range);
            }
            let page = |answer: Answer| {
                let next = answer.header(NEXT_RANGE).map(str::to_owned);
                Ok((answer.read::<Vec<T>>()?, next, answer.request))
            };
            let (more, next, name) = self.services.api.send_until(request, page).await?;
            items.extend(more);
            if items.len() > MOST_ITEMS {
                let message = format!("the list has more than {MOST_ITEMS} items");
                return Err(Error::new(Kind::Unreadable, name, message));
            }
            match next.filter(|_| items.len() < enough) {
                Some(next) if Some(&next) != range.as_ref() => range = Some(next),
                _ => break,
            }
        }
        Ok(items)
    }
}
