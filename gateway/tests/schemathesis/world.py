"""Fills a demo school with one of everything, over the API, and prints what is there: ids by the noun that names them.

    world.py http://127.0.0.1:8000 TOKEN_OF_AN_ADMIN
"""

import json
import sys
import urllib.request
import uuid


class Api:
    """The API as one person sees it."""

    def __init__(self, origin, token=None):
        self.origin = origin
        self.token = token

    def call(self, method, path, body=None):
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.origin}/api/v1{path}", data, headers, method=method)
        with urllib.request.urlopen(request, timeout=10) as response:
            return json.load(response)

    def post(self, path, body):
        return self.call("POST", path, body)

    def get(self, path):
        return self.call("GET", path)


def sign_in(origin, name):
    body = {"login": f"{name}@demo.school", "password": "schoolbell"}
    return Api(origin, Api(origin).post("/demo/session", body)["token"])


def fill(origin, admin):
    teacher, student = sign_in(origin, "teacher"), sign_in(origin, "amira")
    group = teacher.get("/classes")["items"][0]
    here = f"/classes/{group['id']}"
    person = student.get("/me")["id"]
    skill = teacher.post("/skills", {"title": "Rivers"})
    question = {"prompt": "Which one?", "kind": "typed", "accepted": ["Nile"], "skills": [skill["id"]]}
    quiz = teacher.post("/quizzes", {"title": "Rivers", "questions": [question]})
    category = teacher.post(f"{here}/categories", {"title": "Homework", "rules": {}})
    line = {"title": "First", "points_possible": 10, "category": category["id"]}
    line_item = teacher.post(f"{here}/line-items", line)
    score = {"line_item": line_item["id"], "student": person, "given": 7}
    teacher.post(f"{here}/scores", {"scores": [score]})
    work = {"title": "Essay", "state": "open", "attempts": 1000, "line_item": line_item["id"]}
    assignment = teacher.post(f"{here}/assignments", work)
    submission = student.post(f"/assignments/{assignment['id']}/submissions", {"content": {"text": "done"}})
    game = teacher.post("/games", {"quiz_id": quiz["id"]})
    term = {"kind": "term", "title": "Autumn", "starts_at": 1_790_000_000_000, "ends_at": 1_800_000_000_000}
    session = Api(origin, admin).post("/academic-sessions", term)
    course = teacher.post("/courses", {"title": "Rivers"})
    text = {"title": "Sources", "content": {"blocks": [{"kind": "text", "text": "Where they begin."}]}}
    lesson = teacher.post(f"/courses/{course['id']}/lessons", text)
    teacher.post(f"/lessons/{lesson['id']}/publish", {"version": 1})
    asked = student.get(f"/me/next-item?skill={skill['id']}")
    student.post("/me/responses", {"item": asked["item"], "answer": {"text": "Nile"}, "op": str(uuid.uuid4())})
    card = student.get("/me/reviews?due_before=9000000000000")["items"][0]
    conversation = teacher.call("PUT", f"{here}/conversation")
    for text in ["Where does it begin?", "In the mountains."]:
        student.post(f"/conversations/{conversation['id']}/messages", {"nonce": str(uuid.uuid4()), "body": text})
    return {
        "academic-sessions": session["id"],
        "assignments": assignment["id"],
        "categories": category["id"],
        "classes": group["id"],
        "conversations": conversation["id"],
        "courses": course["id"],
        "games": game["game"],
        "lessons": lesson["id"],
        "line-items": line_item["id"],
        "origin": origin,
        "people": person,
        "quizzes": quiz["id"],
        "reviews": card["id"],
        "skills": skill["id"],
        "submissions": submission["id"],
        "tokens": {"teacher": teacher.token, "student": student.token},
    }


print(json.dumps(fill(sys.argv[1], sys.argv[2])))
