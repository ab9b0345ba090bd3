//! The one box that finds: what a query names, and the texts that belong to it.

use birdcall_domain::{
    phone::Phone,
    search::{Reading, Sought, readings},
    text::MessageSid,
};

use crate::{
    Ledger, LedgerResult,
    queue::{ListedJob, Queue},
    replies::Reply,
    texts::{Text, TextFilter},
    transaction::fetch_optional,
};

/// What a query named, and the texts that belong to it.
#[derive(Clone)]
pub struct Found {
    /// What the query was found to be.
    pub sought: Sought,
    /// The texts, newest first.
    pub texts: Vec<Text>,
    /// The reply that the query named. It may answer no text.
    pub reply: Option<Reply>,
    /// The job that the query named. It may be about no text.
    pub job: Option<ListedJob>,
    /// The list whose page this is; `None` if the query named one thing, whatever the filter says.
    pub list: Option<TextFilter>,
}

impl Found {
    fn named(sought: Sought, texts: Vec<Text>) -> Self {
        Self {
            sought,
            texts,
            reply: None,
            job: None,
            list: None,
        }
    }
}

/// The statements that find by a name. Each reads a few rows of an index.
pub(crate) const BY_REPLY_SID: &str = "SELECT id FROM replies
    WHERE twilio_sid >= $1 AND twilio_sid < $2 ORDER BY twilio_sid LIMIT 1";
pub(crate) const BY_POST: &str = "SELECT sid FROM texts WHERE post_id = $1";
pub(crate) const BY_SENDER: &str = "SELECT sid FROM texts WHERE phone = $1 LIMIT 1";

impl Ledger {
    /// Finds what `query` names: a text by its MessageSid or the beginning of it, by its post, by one of
    /// its replies or jobs, by its sender, or by its words. What names one thing is found whatever the
    /// filter says. A sender's texts and those with the words are listed as far as they meet the filter.
    /// An empty query finds all that meet the filter.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn find(&self, query: &str, filter: &TextFilter) -> LedgerResult<Found> {
        let readings = readings(query);
        for (at, reading) in readings.iter().enumerate() {
            let is_last = at + 1 == readings.len();
            let found = match reading {
                Reading::Sid(beginning) => self.by_sid(beginning, filter.limit).await?,
                Reading::Post(id) => self.by_post(id).await?,
                Reading::Reply(id) => {
                    let reply = self.reply(id).await?;
                    self.of_reply(Sought::Reply, reply).await?
                }
                Reading::Job(id) => self.by_job(id).await?,
                Reading::Sender(phone) if is_last || self.has_texts_of(phone).await? => Some(
                    self.list_of(Sought::Phone, Some(phone), None, filter)
                        .await?,
                ),
                Reading::Sender(_) => None,
                Reading::Words(words) => Some(
                    self.list_of(Sought::Words, None, Some(words), filter)
                        .await?,
                ),
            };
            if let Some(found) = found {
                return Ok(found);
            }
        }
        match readings.last() {
            None => self.list_of(Sought::All, None, None, filter).await,
            Some(Reading::Post(_)) => Ok(Found::named(Sought::Post, Vec::new())),
            Some(_) => Ok(Found::named(Sought::MessageSid, Vec::new())),
        }
    }

    async fn list_of(
        &self,
        sought: Sought,
        phone: Option<&Phone>,
        words: Option<&String>,
        filter: &TextFilter,
    ) -> LedgerResult<Found> {
        let list = TextFilter {
            phone: phone.or(filter.phone.as_ref()).cloned(),
            contains: words.or(filter.contains.as_ref()).cloned(),
            ..filter.clone()
        };
        let texts = self.texts(&list).await?;
        Ok(Found {
            list: Some(list),
            ..Found::named(sought, texts)
        })
    }

    async fn by_sid(&self, beginning: &str, limit: i64) -> LedgerResult<Option<Found>> {
        let texts = self.texts_with_sid(beginning, limit).await?;
        if !texts.is_empty() {
            return Ok(Some(Found::named(Sought::MessageSid, texts)));
        }
        let mut tx = self.read("reply_with_sid").await?;
        let end = format!("{beginning}g");
        let row = fetch_optional!(tx, (String,), BY_REPLY_SID, beginning, end)?;
        drop(tx);
        let reply = match row {
            Some((id,)) => self.reply(&id).await?,
            None => None,
        };
        self.of_reply(Sought::ReplySid, reply).await
    }

    async fn by_post(&self, id: &str) -> LedgerResult<Option<Found>> {
        let mut tx = self.read("text_of_post").await?;
        let row = fetch_optional!(tx, (String,), BY_POST, id)?;
        drop(tx);
        let Some((sid,)) = row else { return Ok(None) };
        let texts = self.named(&sid).await?;
        Ok(Some(Found::named(Sought::Post, texts)))
    }

    /// A reply, and the text that it answers.
    async fn of_reply(&self, sought: Sought, reply: Option<Reply>) -> LedgerResult<Option<Found>> {
        let Some(reply) = reply else { return Ok(None) };
        let texts = match &reply.text_sid {
            Some(sid) => self.text(sid).await?.into_iter().collect(),
            None => Vec::new(),
        };
        Ok(Some(Found {
            reply: Some(reply),
            ..Found::named(sought, texts)
        }))
    }

    /// A job, and the text that it works on or whose reply it sends.
    async fn by_job(&self, id: &str) -> LedgerResult<Option<Found>> {
        let Some(job) = self.job(id).await? else {
            return Ok(None);
        };
        let found = match job.queue {
            Queue::Reply => {
                let reply = self.reply(&job.subject).await?;
                self.of_reply(Sought::Job, reply).await?
            }
            _ => None,
        };
        let found = match found {
            Some(found) => found,
            None => Found::named(Sought::Job, self.named(&job.subject).await?),
        };
        let job = Some(job);
        Ok(Some(Found { job, ..found }))
    }

    /// The text with this sid, if it is one.
    async fn named(&self, sid: &str) -> LedgerResult<Vec<Text>> {
        match sid.parse::<MessageSid>() {
            Ok(sid) => Ok(self.text(&sid).await?.into_iter().collect()),
            Err(_) => Ok(Vec::new()),
        }
    }

    async fn has_texts_of(&self, phone: &Phone) -> LedgerResult<bool> {
        let mut tx = self.read("has_texts_of").await?;
        let row = fetch_optional!(tx, (String,), BY_SENDER, phone.as_str())?;
        Ok(row.is_some())
    }
}
