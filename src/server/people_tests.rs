//! What is remembered of people, for how long, and what is not.

use std::{cell::Cell, future::pending};

use super::*;

const NOW: Duration = Duration::from_secs(1_700_000_000);

fn failure() -> BackendError {
    BackendError::Timeout
}

#[tokio::test]
async fn an_answer_is_asked_for_once_and_believed_for_a_while() {
    let (memory, asked) = (Memory::new(WAIT), Cell::new(0));
    let ask = async |now: Duration| {
        let answer = async {
            asked.set(asked.get() + 1);
            Ok(asked.get())
        };
        memory.recall("user_1", now, answer).await
    };
    assert_eq!(ask(NOW).await, Some(1));
    assert_eq!(ask(NOW + LIFETIME - Duration::from_secs(1)).await, Some(1));
    assert_eq!(ask(NOW + LIFETIME).await, Some(2), "its time is over");
    assert_eq!(ask(NOW - LIFETIME).await, Some(3), "the clock was set back");
    memory.forget("user_2");
    assert_eq!(ask(NOW - LIFETIME).await, Some(3));
    memory.forget("user_1");
    assert_eq!(ask(NOW - LIFETIME).await, Some(4));
}

#[tokio::test]
async fn a_failure_is_remembered_for_a_shorter_while() {
    let memory = Memory::new(WAIT);
    assert_eq!(memory.recall("user_1", NOW, async { Err(failure()) }).await, None);
    let just_before = NOW + PAUSE - Duration::from_secs(1);
    assert_eq!(memory.recall("user_1", just_before, async { Ok(1) }).await, None, "nobody asked");
    assert_eq!(memory.recall("user_1", NOW + PAUSE, async { Ok(1) }).await, Some(1));
}

#[tokio::test]
async fn whoever_does_not_answer_is_not_waited_for() {
    let memory = Memory::<u8>::new(Duration::from_millis(1));
    assert_eq!(memory.recall("user_1", NOW, pending()).await, None);
    assert_eq!(memory.recall("user_1", NOW, async { Ok(1) }).await, None, "nor asked again at once");
}

#[tokio::test]
async fn what_changed_while_it_was_asked_for_is_not_kept() {
    let memory = Memory::new(WAIT);
    let answer = async {
        memory.forget("user_1");
        Ok("old")
    };
    assert_eq!(memory.recall("user_1", NOW, answer).await, Some("old"));
    assert_eq!(memory.recall("user_1", NOW, async { Ok("new") }).await, Some("new"));
}

#[test]
fn pictures_of_other_origins_are_not_shown() {
    let people = People::new(&"http://localhost:3000".parse().unwrap());
    let person = |user: serde_json::Value| people.person(serde_json::from_value(user).unwrap());
    let own = "http://localhost:3000/__clerk/images/img_1";
    let ada = serde_json::json!({ "id": "user_1", "first_name": "Ada", "last_name": "Lovelace", "has_image": true });
    for (picture, shown) in [(own, Some(own)), ("https://img.clerk.com/1", None), ("", None)] {
        let mut user = ada.clone();
        user["image_url"] = picture.into();
        let person = person(user);
        assert_eq!((person.name.as_deref(), person.picture.as_deref()), (Some("Ada Lovelace"), shown));
    }
    let drawn = serde_json::json!({ "id": "user_1", "image_url": own, "has_image": false, "username": "ada" });
    assert_eq!(person(drawn), Person { name: Some("ada".to_owned()), email: None, picture: None });
}
