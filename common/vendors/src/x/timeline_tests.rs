use serde_json::json;

use super::*;

#[test]
fn a_page_is_complete_only_if_it_shows_all_that_it_counts() {
    let post = json!({"id": "1", "text": "hello"});
    for (body, posts, end) in [
        (json!({"meta": {"result_count": 0}}), 0, End::Last),
        (
            json!({"data": [], "meta": {"result_count": 0}}),
            0,
            End::Last,
        ),
        (
            json!({"data": [post], "meta": {"result_count": 1}}),
            1,
            End::Last,
        ),
        (
            json!({"data": [post], "meta": {"result_count": 1, "next_token": null}, "errors": null}),
            1,
            End::Last,
        ),
        (
            json!({"data": [post], "meta": {"result_count": 1, "next_token": "abc"}}),
            1,
            End::More("abc".to_owned()),
        ),
        (
            json!({"errors": [], "meta": {"result_count": 0}}),
            0,
            End::Last,
        ),
        // Nothing that says that there is nothing.
        (json!({}), 0, End::Broken),
        (json!({"meta": {}}), 0, End::Broken),
        (json!({"data": []}), 0, End::Broken),
        (json!([]), 0, End::Broken),
        (json!("hello"), 0, End::Broken),
        // X says that it could not read everything.
        (
            json!({"errors": [{"title": "Not Found Error"}]}),
            0,
            End::Broken,
        ),
        (
            json!({"errors": [{}], "meta": {"result_count": 0}}),
            0,
            End::Broken,
        ),
        (
            json!({"data": [post], "errors": [{}], "meta": {"result_count": 1}}),
            1,
            End::Broken,
        ),
        // Posts are missing.
        (json!({"data": [post]}), 1, End::Broken),
        (
            json!({"data": [post], "meta": {"result_count": 2}}),
            1,
            End::Broken,
        ),
        (
            json!({"data": [post], "meta": {"result_count": 0}}),
            1,
            End::Broken,
        ),
        (
            json!({"data": [post], "meta": {"result_count": "1"}}),
            1,
            End::Broken,
        ),
        (json!({"meta": {"result_count": 1}}), 0, End::Broken),
        (
            json!({"meta": {"result_count": 2, "next_token": "abc"}}),
            0,
            End::Broken,
        ),
        (
            json!({"data": {}, "meta": {"result_count": 0}}),
            0,
            End::Broken,
        ),
        // Posts cannot be read.
        (
            json!({"data": [post, {"id": "2"}], "meta": {"result_count": 2}}),
            1,
            End::Broken,
        ),
        (
            json!({"data": [post, {"id": 2, "text": "a"}], "meta": {"result_count": 2}}),
            1,
            End::Broken,
        ),
        (
            json!({"data": [post, null], "meta": {"result_count": 1}}),
            1,
            End::Broken,
        ),
        // The next page cannot be asked for.
        (
            json!({"data": [post], "meta": {"result_count": 1, "next_token": ""}}),
            1,
            End::Broken,
        ),
        (
            json!({"data": [post], "meta": {"result_count": 1, "next_token": 7}}),
            1,
            End::Broken,
        ),
    ] {
        let page = read_page(&body);
        assert_eq!((page.posts.len(), page.end), (posts, end), "{body}");
    }
}

#[test]
fn a_post_is_read_with_its_whole_text_and_every_link() {
    let url = |code: &str, target: &str| json!({"url": code, "expanded_url": target, "start": 99});
    let post = json!({
        "id": "7",
        "text": "the beginning\u{2026}",
        "entities": {"urls": [url("https://t.co/a", "http://example.com")]},
        "note_tweet": {
            "text": "the beginning and the end",
            "entities": {"urls": [url("https://t.co/b", "http://example.org"), {"url": "https://t.co/c"}]},
        },
    });
    let link = |code: &str, target: &str| (code.to_owned(), target.to_owned());
    assert_eq!(
        read_post(&post),
        Some(TimelinePost {
            id: "7".to_owned(),
            text: "the beginning and the end".to_owned(),
            urls: vec![
                link("https://t.co/b", "http://example.org"),
                link("https://t.co/a", "http://example.com"),
            ],
        })
    );
}
