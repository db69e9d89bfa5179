// A class in real browsers: a teacher with a roster and a gradebook, a colleague at the same gradebook, a student who
// watches the grade change.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import { Api } from "./api.mjs";
import { inspect, PHONE, PROJECTOR } from "./looks.mjs";
import { Person } from "./person.mjs";
import { Server } from "./server.mjs";

const DESKTOP = { width: 1366, height: 800 };
/** Columns of the grid: current, final, then scores. */
const FIRST = 2;

let server, browser, api, room, teacher, colleague, student;

before(async () => {
  server = await Server.start();
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
  api = new Api(server.address);
  await api.signInAs("teacher");
  room = (await api.get("/api/v1/classes")).items[0];
  const { demo_accounts: accounts } = await api.get("/api/v1/server");
  const [first, second] = accounts.filter(({ role }) => role === "teacher");
  teacher = await Person.open(browser, server.address, first, DESKTOP);
  colleague = await Person.open(browser, server.address, second, DESKTOP);
  const own = accounts.find(({ name }) => name === room.students[0].name);
  student = await Person.open(browser, server.address, own, PHONE);
  student.api = new Api(server.address);
  await student.api.signIn(own);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

let broken = false;

/** A part of the story. After one that failed the rest would only wait for screens that never come. */
function part(name, play) {
  test(name, async (context) => {
    if (broken) return context.skip("an earlier part failed");
    try {
      await play();
    } catch (error) {
      broken = true;
      await teacher?.page.screenshot({ path: `${import.meta.dirname}/shots/failed.png` });
      context.diagnostic(`the server's last lines:\n${server?.log.split("\n").slice(-15).join("\n")}`);
      throw error;
    }
  });
}

/** Looks at a screen on a desk and on a phone; colours are the same on both, so one of them is enough in the dark. */
async function inspectBoth(person, name, other) {
  const own = person.page.viewportSize();
  await inspect(person.page, `${name}-${own.width}`);
  await person.page.setViewportSize(other);
  await inspect(person.page, `${name}-${other.width}`, ["light"]);
  await person.page.setViewportSize(own);
}

const gradebook = () => api.get(`/api/v1/classes/${room.id}/gradebook`);

part("the teacher finds the class", async () => {
  await teacher.page.getByRole("link", { name: "Classes" }).click();
  await teacher.sees(room.name);
  await inspectBoth(teacher, "classes", PHONE);
  await teacher.page.getByRole("link", { name: new RegExp(room.name) }).click();
  await teacher.sees("How grades are made");
});

part("a file with a bad row is shown row by row, and only the good ones are taken when asked", async () => {
  await teacher.page.getByRole("tab", { name: "Roster" }).click();
  await teacher.sees(room.students[0].name);
  await inspectBoth(teacher, "roster", PHONE);
  await teacher.press("Import");
  const dialog = teacher.dialog();
  await dialog.getByLabel("Rows").fill("email\tgivenName\tfamilyName\trole\nzuzana@new.school\tZuzana\tZorn\tstudent\nnobody\tNo\tAddress\tstudent\n");
  await teacher.press("Check the rows");
  await dialog.getByText("1 to add, 0 to change, 0 already so, 1 with a problem.").waitFor();
  await dialog.getByText("email is no address; mend it").waitFor();
  await inspect(teacher.page, "roster-import");
  const { items: before } = await api.get("/api/v1/classes");
  assert.equal(before[0].students.length, room.students.length, "a check changes nothing");
  await teacher.press("Import the 1 good row, leave out the others");
  await teacher.sees("1 row is imported.");
  await teacher.sees("Zuzana Zorn");
  const { items: now } = await api.get("/api/v1/classes");
  assert.equal(now[0].students.length, room.students.length + 1);
});

part("who is withdrawn can be taken back at once", async () => {
  const { page } = teacher;
  await page.getByRole("button", { name: "Actions for Zuzana Zorn" }).click();
  await page.getByRole("menuitem", { name: "Withdraw" }).click();
  await teacher.sees("Zuzana Zorn is withdrawn. Scores are kept.");
  await page.getByRole("rowheader", { name: "Zuzana Zorn" }).waitFor({ state: "detached" });
  await teacher.press("Undo");
  await page.getByRole("rowheader", { name: "Zuzana Zorn" }).waitFor();
});

part("more time for a student is kept", async () => {
  const { name } = room.students[0];
  const field = teacher.page.getByLabel(`Time factor of ${name}`);
  await field.fill("1.5");
  await field.press("Enter");
  await teacher.sees(`${name} has 1.5 times the usual time.`);
  const { items } = await api.get("/api/v1/classes");
  assert.equal(items[0].students.find((one) => one.name === name).time_factor, 1.5);
});

part("scores typed by keyboard are kept, and a student's open page follows", async () => {
  const book = await gradebook();
  const own = book.students.find(({ id }) => id === room.students[0].id);
  await student.goto(`/my/classes/${room.id}`);
  await student.sees(`${own.current_grade.percent} %`);
  await inspectBoth(student, "student-grade", DESKTOP);

  await teacher.page.getByRole("tab", { name: "Gradebook" }).click();
  const row = book.students.findIndex(({ id }) => id === own.id);
  await teacher.cell(row, FIRST).click();
  await teacher.page.keyboard.type("2");
  await teacher.keys("Tab");
  await teacher.page.keyboard.type("ex");
  await teacher.keys("Enter");
  await teacher.sees("All saved");
  const [first, second] = book.line_items;
  await waitUntil(async () => {
    const { scores } = (await gradebook()).students.find(({ id }) => id === own.id);
    return scores[first.id].given === 2 && scores[second.id].excused;
  }, "both scores are on the server");
  const now = (await gradebook()).students.find(({ id }) => id === own.id);
  assert.notEqual(now.current_grade.percent, own.current_grade.percent);
  await student.sees(`${now.current_grade.percent} %`);
  await teacher.cell(row, 0).getByText(`${now.current_grade.percent} %`).waitFor();
  await inspectBoth(teacher, "gradebook", PROJECTOR);
  await teacher.page.setViewportSize(PHONE);
  await inspect(teacher.page, "gradebook-phone");
  await teacher.page.setViewportSize(DESKTOP);
});

part("undo takes a score back", async () => {
  await teacher.cell(0, FIRST + 1).click();
  await teacher.keys("Control+z");
  await teacher.sees("Undone.");
  const before = room.students[0].id;
  await waitUntil(async () => {
    const book = await gradebook();
    return !book.students.find(({ id }) => id === before).scores[book.line_items[1].id].excused;
  }, "the score is back");
});

part("a column is pasted from a spreadsheet, and what is no score is left out", async () => {
  const { page } = teacher;
  await page.evaluate(() => navigator.clipboard.writeText("9\nnonsense\n50%\n"));
  await teacher.cell(1, FIRST).click();
  await teacher.keys("Control+v");
  await teacher.sees(/2 scores pasted\. 1 cell was no score/);
  await waitUntil(async () => {
    const book = await gradebook();
    const values = [1, 3].map((row) => book.students[row].scores[book.line_items[0].id]?.given);
    return values[0] === 9 && values[1] === book.line_items[0].points_possible / 2;
  }, "the column is on the server");
});

part("what is no score is refused in words and changes nothing", async () => {
  const text = await teacher.cell(0, FIRST).innerText();
  await teacher.cell(0, FIRST).click();
  await teacher.page.keyboard.type("abc");
  await teacher.keys("Enter");
  await teacher.sees(/“abc” is no score/);
  assert.equal(await teacher.cell(0, FIRST).innerText(), text);
});

part("a grade is explained down to its sum", async () => {
  const book = await gradebook();
  await teacher.cell(0, 0).click();
  const dialog = teacher.dialog();
  await dialog.getByText(/how the grade came about/).waitFor();
  await dialog.getByText("dropped: among the lowest").first().waitFor();
  await dialog.getByText(`${book.students[0].current_grade.percent} % ${book.students[0].current_grade.letter}`).last().waitFor();
  await inspect(teacher.page, "explanation");
  await dialog.getByText("Final", { exact: true }).click();
  await dialog.getByText("not graded, counts as 0").first().waitFor();
  await teacher.closeDialog();
});

part("every score that a cell has had can be read", async () => {
  await teacher.cell(0, FIRST).click();
  await teacher.press("History");
  await teacher.dialog().getByText("2 points").waitFor();
  assert.ok((await teacher.dialog().getByRole("listitem").count()) >= 2);
  await inspect(teacher.page, "score-history");
  await teacher.closeDialog();
});

part("the gradebook as of an earlier day shows fewer scores and takes none", async () => {
  const day = new Date(Date.now() - 25 * 86_400_000).toISOString().slice(0, 10);
  await teacher.page.getByLabel("As of").fill(day);
  await teacher.sees(/Nothing can be changed here/);
  await inspect(teacher.page, "gradebook-as-of");
  await teacher.cell(0, FIRST).click();
  await teacher.page.keyboard.type("1");
  assert.equal(await teacher.page.locator('[role="grid"] input').count(), 0);
  await teacher.press("Back to today");
  await teacher.page.getByText(/Nothing can be changed here/).waitFor({ state: "detached" });
});

part("two teachers at one cell are told, and nobody's score is lost unsaid", async () => {
  await colleague.goto(`/classes/${room.id}/gradebook`);
  await colleague.cell(5, FIRST).waitFor();
  await teacher.cell(5, FIRST).click();
  await teacher.page.keyboard.type("4");
  await colleague.cell(5, FIRST).click();
  await colleague.page.keyboard.type("3");
  await colleague.keys("Enter");
  await colleague.sees("All saved");
  const id = room.students[5].id;
  const score = async () => {
    const book = await gradebook();
    return book.students.find((one) => one.id === id).scores[book.line_items[0].id].given;
  };
  await waitUntil(async () => (await score()) === 3, "the colleague's score is there");
  // It has to reach the page on which the other one is still typing.
  await teacher.cell(5, FIRST).getByTitle("Now: 3", { exact: true }).waitFor();
  await teacher.keys("Enter");
  await teacher.sees(/While you were typing, this score was changed to 3\. Yours, 4, is kept now\./);
  await waitUntil(async () => (await score()) === 4, "what was typed is kept");
  await teacher.press("Use 3");
  await waitUntil(async () => (await score()) === 3, "the colleague's score is taken");
});

part("two teachers at one column are asked", async () => {
  const heading = (person) => person.page.getByRole("columnheader").nth(3);
  for (const person of [teacher, colleague]) await heading(person).click();
  await teacher.dialog().getByLabel("Title").fill("Homework: fractions, first part");
  await teacher.dialog().getByRole("button", { name: "Save" }).click();
  await teacher.dialog().waitFor({ state: "hidden" });
  await colleague.dialog().getByLabel("Title").fill("Fractions");
  await colleague.dialog().getByRole("button", { name: "Save" }).click();
  await colleague.sees("Somebody else changed this while you had it open.");
  await inspect(colleague.page, "column-conflict");
  await colleague.press("Show theirs");
  await waitUntil(async () => (await colleague.dialog().getByLabel("Title").inputValue()) === "Homework: fractions, first part", "the newest title is shown");
  await colleague.closeDialog();
});

part("the rules of grading are changed in one place", async () => {
  await teacher.press("How grades are made");
  await inspect(teacher.page, "grading-policy");
  await teacher.dialog().getByLabel("Weight, %").first().fill("40");
  await teacher.dialog().getByText("The weights make 110 %.").waitFor();
  await teacher.dialog().getByLabel("Weight, %").first().fill("20");
  await teacher.dialog().getByText(/The weights make 90 %; they are scaled up/).waitFor();
  await teacher.press("Save");
  await teacher.sees("Grades are made by the new rules.");
  const { categories } = await gradebook();
  assert.equal(categories[0].weight_ppm, 200_000);
});

part("what was typed without a connection is sent after a reload", async () => {
  const { page, context, watch } = teacher;
  watch.expectsCuts = true;
  await page.route("**/scores", (route) => route.abort("connectionrefused"));
  await teacher.cell(2, FIRST).click();
  await page.keyboard.type("5");
  await teacher.keys("Enter");
  await teacher.sees("1 score waits for the connection");
  await page.unroute("**/scores");
  await page.reload();
  watch.expectsCuts = false;
  await teacher.sees("All saved");
  await waitUntil(async () => {
    const book = await gradebook();
    return book.students[2].scores[book.line_items[0].id].given === 5;
  }, "the score is on the server");
  assert.equal(new URL(page.url()).pathname, `/classes/${room.id}/gradebook`, "a reload returns to the same place");
  assert.ok(context);
});

part("a student asks what if, and nothing is kept of it", async () => {
  const before = await gradebook();
  await student.page.getByLabel(/^Points for Test: numbers/).fill("40");
  await student.sees("Your grade would be");
  await inspect(student.page, "what-if");
  await student.press("Back to my real grade");
  assert.deepEqual((await gradebook()).students[0].scores, before.students[0].scores);
});

part("work is handed in, given back with a score, and counts", async () => {
  await student.page.getByRole("tab", { name: "Assignments" }).click();
  await student.sees("Draw the way to school");
  await inspectBoth(student, "student-work", DESKTOP);
  const own = student.page.getByLabel("Your text");
  await own.fill("From the gate, walk north by the map’s arrow.");
  await student.page.reload();
  assert.equal(await own.inputValue(), "From the gate, walk north by the map’s arrow.", "a draft survives a reload");
  await teacher.page.getByRole("tab", { name: "Assignments" }).click();
  await inspectBoth(teacher, "assignments", PHONE);
  await teacher.page.getByRole("button", { name: /^Submissions: Draw/ }).click();
  await teacher.sees("Nobody has handed in anything yet.");
  await student.press("Hand in");
  await student.sees("Handed in. Your teacher can read it now.");
  await teacher.sees("From the gate, walk north by the map’s arrow.");
  await inspect(teacher.page, "submissions");
  await teacher.dialog().getByLabel("Points (of 20)").fill("18");
  await teacher.dialog().getByLabel("A word to the student").fill("Clear and short.");
  await teacher.press(/^Return: /);
  await teacher.sees(/^Returned to /);
  await student.sees("Your teacher writes: Clear and short.");
  await teacher.closeDialog();
});

part("a question is given a skill that is new to the school", async () => {
  const [quiz] = (await api.get("/api/v1/quizzes")).items;
  await teacher.goto(`/library/${quiz.id}`);
  const find = teacher.page.getByLabel("Find or name a skill");
  await find.fill("fract");
  await teacher.page.getByRole("button", { name: "Add “Fractions”" }).waitFor();
  await find.fill("Estimating");
  await find.press("Enter");
  await teacher.page.getByRole("button", { name: "Remove Estimating" }).waitFor();
  await find.scrollIntoViewIfNeeded();
  await inspect(teacher.page, "editor-skills");
  await teacher.press("Save");
  await teacher.sees(/Everything is saved/);
  const skill = (await api.get("/api/v1/skills")).items.find(({ title }) => title === "Estimating");
  assert.ok((await api.get(`/api/v1/quizzes/${quiz.id}`)).questions[0].skills.includes(skill.id));
});

part("a student does a review that is due", async () => {
  const due = async () => (await student.api.get(`/api/v1/me/reviews?due_before=${Date.now()}`)).items.length;
  const cards = await due();
  assert.ok(cards > 1, `${cards} cards are due`);
  await student.goto("/home");
  await student.sees(`${cards} cards to review`);
  await inspectBoth(student, "student-home", DESKTOP);
  await student.page.getByRole("link", { name: "Review now" }).click();
  await student.sees(`Card 1 of ${cards}`);
  await inspectBoth(student, "student-review", DESKTOP);
  await student.press("Good");
  await student.sees(/^Comes back /);
  await inspect(student.page, "student-review-done");
  await student.press("Next");
  await student.sees(`Card 2 of ${cards}`);
  assert.equal(await due(), cards - 1);
});

part("an answer of a student shows in the teacher's table of mastery at once", async () => {
  await teacher.goto(`/classes/${room.id}/progress`);
  const row = teacher.page.getByRole("region", { name: "What they master" }).getByRole("row", { name: new RegExp(room.students[0].name) });
  await row.waitFor();
  await row.scrollIntoViewIfNeeded();
  await inspectBoth(teacher, "class-mastery", PHONE);
  const before = await row.innerText();
  // Practice asks what tells most; the answers to some questions are enough to move what is believed.
  for (let round = 0; round < 3; round += 1) {
    const { item, question } = await student.api.get("/api/v1/me/next-item");
    await student.api.post("/api/v1/me/responses", { item, answer: guess(question), elapsed_ms: 3_000, op: crypto.randomUUID() });
  }
  await waitUntil(async () => (await row.innerText()) !== before, "the table follows");
});

part("the other pages of a student hold on every screen", async () => {
  for (const [name, path] of Object.entries({ progress: "/my/progress", transcript: "/my/transcript", practise: "/my/practise" })) {
    await student.goto(path);
    await student.page.getByRole("heading", { level: 1 }).waitFor();
    await inspectBoth(student, `student-${name}`, DESKTOP);
  }
});

part("a student sees nothing of a teacher's pages, nor a teacher of a student's", async () => {
  await student.goto(`/classes/${room.id}/gradebook`);
  await student.sees("This page is for teachers");
  await inspect(student.page, "student-not-allowed");
  await teacher.goto("/my/progress");
  await teacher.sees("These pages are for students");
});

part("no page asked a third party or complained", () => {
  for (const { watch } of [teacher, colleague, student]) {
    assert.deepEqual(watch.foreign, [], `${watch.name} asked a third party`);
    // A version that is not the newest is refused: the browser logs the answer, and the page explains it.
    const complaints = watch.complaints.filter((text) => !/status of 409/.test(text));
    assert.deepEqual(complaints, [], `${watch.name} complained`);
  }
});

/** Some answer that fits the question, right or wrong. */
function guess(question) {
  switch (question.kind) {
    case "single_choice":
    case "true_false":
      return { choice: 0 };
    case "multiple_choice":
      return { choices: [0] };
    case "numeric":
      return { number: 1 };
    case "ordering":
      return { order: question.items.map((_, at) => at) };
    default:
      return { text: "a guess" };
  }
}

async function waitUntil(holds, what) {
  const deadline = Date.now() + 10_000;
  while (!(await holds())) {
    assert.ok(Date.now() < deadline, what);
    await new Promise((done) => setTimeout(done, 100));
  }
}
