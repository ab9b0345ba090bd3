//! Phone numbers of the Twilio account: where Twilio sends the texts that it receives for them.

use super::{
    answers::read_answer,
    client::{TwilioClient, TwilioResult},
    config::Sender,
};
use crate::http::send;

impl TwilioClient {
    /// The URLs to which Twilio delivers texts to our number: `sms_url` and `sms_fallback_url`.
    /// `None` if the number does not belong to this account, or if the sender is a messaging
    /// service.
    ///
    /// # Errors
    ///
    /// See [`CallError`](birdcall_domain::call::CallError).
    pub async fn webhook_urls(&self) -> TwilioResult<Option<(String, String)>> {
        let Sender::Number(number) = &self.from else {
            return Ok(None);
        };
        let request = self.http.get(self.endpoint("IncomingPhoneNumbers.json"));
        let request = self
            .authorized(request)
            .query(&[("PhoneNumber", number.as_str())]);
        let answer = send(request).await?;
        let body = read_answer(&answer, self.now())?;
        let number = &body["incoming_phone_numbers"][0];
        let text = |name: &str| number[name].as_str().unwrap_or_default().to_owned();
        Ok(number
            .is_object()
            .then(|| (text("sms_url"), text("sms_fallback_url"))))
    }
}
