// From a new course to a read lesson, in real browsers: a teacher writes and publishes, a colleague watches, a student
// reads on a phone, also without a network.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import { Api } from "./api.mjs";
import { Cable } from "./cable.mjs";
import { inspect, PHONE, PROJECTOR } from "./looks.mjs";
import { Person } from "./person.mjs";
import { Server } from "./server.mjs";

const DESKTOP = { width: 1366, height: 800 };
const COURSE = "Geography, year 7";
const LESSON = "Where north is";

let server, cable, browser, api, room, newcomer, teacher, colleague, student;

before(async () => {
  server = await Server.start();
  cable = await Cable.to(server.port);
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
  api = new Api(server.address);
  await api.signInAs("teacher");
  room = (await api.get("/api/v1/classes")).items[0];
  const { demo_accounts: accounts } = await api.get("/api/v1/server");
  const [first, second] = accounts.filter(({ role }) => role === "teacher");
  newcomer = room.students[0];
  teacher = await Person.open(browser, server.address, first, DESKTOP);
  colleague = await Person.open(browser, server.address, second, DESKTOP);
  student = await Person.open(browser, cable.address, accounts.find(({ name }) => name === newcomer.name), PHONE);
});

after(async () => {
  await browser?.close();
  await cable?.close();
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
      await teacher?.page.screenshot({ path: `${import.meta.dirname}/shots/failed-teacher.png` });
      await student?.page.screenshot({ path: `${import.meta.dirname}/shots/failed-student.png` });
      context.diagnostic(`the server's last lines:\n${server?.log.split("\n").slice(-15).join("\n")}`);
      throw error;
    }
  });
}

const lessonPath = () => new URL(teacher.page.url()).pathname;

part("a teacher makes a course and writes its first lesson", async () => {
  await teacher.page.getByRole("link", { name: "Courses" }).click();
  await teacher.sees("Maps, numbers and nature");
  await inspect(teacher.page, "courses");
  await teacher.press("New course");
  await teacher.press("Make the course");
  await teacher.sees("Give it a title.");
  await teacher.dialog().getByLabel("Title").fill(COURSE);
  await teacher.keys("Enter");
  await teacher.page.getByRole("heading", { name: COURSE }).waitFor();
  await teacher.sees("No lessons yet");
  await teacher.press("New lesson");
  await teacher.page.getByLabel("Title").fill(LESSON);
  await teacher.page.getByLabel("Text of part 1").fill("The needle of a compass points north.\n\nOn most maps north is up.");
  await teacher.sees("Not saved yet; kept on this device");
});

part("a reload in mid-lesson loses nothing", async () => {
  await teacher.page.reload();
  await teacher.page.getByLabel("Title").waitFor();
  assert.equal(await teacher.page.getByLabel("Title").inputValue(), LESSON);
  assert.match(await teacher.page.getByLabel("Text of part 1").inputValue(), /points north/);
});

part("what cannot be published is told at its place", async () => {
  await teacher.press("Add a link");
  await teacher.press("Save and publish");
  await teacher.sees("Write an address that begins with https://");
  await teacher.page.getByLabel("Address").fill("https://example.org/compass");
  await teacher.page.getByLabel("What it is called").fill("How to build a compass");
  await inspect(teacher.page, "lesson-editor");
  await teacher.page.setViewportSize(PHONE);
  await inspect(teacher.page, "lesson-editor-phone");
  await teacher.page.setViewportSize(DESKTOP);
  await teacher.press("Save and publish");
  await teacher.sees("Published. Students see this.");
});

part("the class takes the course, and its student's page follows", async () => {
  await student.goto(`/my/classes/${room.id}/lessons`);
  await student.sees("Reading a map");
  await teacher.goto(`/classes/${room.id}/gradebook`);
  await teacher.press("Change");
  await teacher.dialog().getByRole("button", { name: /Course/ }).click();
  await teacher.page.getByRole("option", { name: COURSE }).click();
  await inspect(teacher.page, "class-sheet");
  await teacher.dialog().getByRole("button", { name: "Save" }).click();
  await teacher.sees("The class is changed.");
  await student.page.getByRole("link", { name: LESSON, exact: false }).first().waitFor();
  await inspect(student.page, "student-lessons");
});

part("what a student reads is kept through a cut of the network and shows in the teacher's table", async () => {
  await teacher.page.getByRole("tab", { name: "Progress" }).click();
  await teacher.page.getByRole("columnheader", { name: LESSON }).waitFor();
  await student.page.getByRole("link", { name: `Go on with ${LESSON}` }).click();
  await student.page.getByRole("heading", { name: LESSON }).waitFor();
  await student.sees("On most maps north is up.");
  await inspect(student.page, "student-lesson");
  student.watch.expectsCuts = true;
  cable.cut();
  await student.press("Mark as done");
  await student.sees("Kept on this device until the connection is back.");
  cable.mend();
  await student.page.reload();
  student.watch.expectsCuts = false;
  await student.sees("Done");
  const row = teacher.page.getByRole("row", { name: new RegExp(newcomer.name) }).first();
  await row.getByText("1 of 1").waitFor();
  await student.page.getByText("Kept on this device").waitFor({ state: "detached" });
});

part("a colleague sees a new version arrive, and two versions are not mixed up unsaid", async () => {
  await teacher.goto("/courses");
  await teacher.page.getByRole("link", { name: new RegExp(COURSE) }).click();
  await teacher.page.getByRole("link", { name: LESSON }).click();
  await teacher.page.getByLabel("Title").waitFor();
  await colleague.goto(lessonPath().replace(/\/lessons\/.*/, ""));
  await colleague.sees("Published");
  await teacher.page.getByLabel("Text of part 1").fill("North is where the needle points.");
  await teacher.page.getByRole("button", { name: "Save", exact: true }).click();
  await teacher.sees("Saved. Students still see an older version.");
  await colleague.sees("Newer changes not published");
  await inspect(colleague.page, "course");

  await colleague.goto(lessonPath());
  await colleague.page.getByLabel("Title").fill("Finding north");
  await teacher.page.getByLabel("Title").fill("North");
  await teacher.page.getByRole("button", { name: "Save", exact: true }).click();
  await teacher.sees("Saved as version 4.");
  await colleague.page.getByRole("button", { name: "Save", exact: true }).click();
  await colleague.sees("Somebody else changed this while you had it open.");
  await inspect(colleague.page, "lesson-conflict");
  await colleague.press("Show theirs");
  await waitUntil(async () => (await colleague.page.getByLabel("Title").inputValue()) === "North", "the newest title is shown");
});

part("an old version comes back by the history", async () => {
  await teacher.press("Versions");
  await teacher.dialog().getByText("Version 1", { exact: true }).waitFor();
  await inspect(teacher.page, "lesson-versions");
  await teacher.press("Put into the editor: Version 2");
  await waitUntil(async () => (await teacher.page.getByLabel("Title").inputValue()) === LESSON, "the old title is back");
  await teacher.press("Discard changes");
  await waitUntil(async () => (await teacher.page.getByLabel("Title").inputValue()) === "North", "the saved title is back");
});

part("a teacher makes a class and fills it from a list", async () => {
  await teacher.goto("/classes");
  await teacher.press("New class");
  await teacher.dialog().getByLabel("Name of the class").fill("Class 8A");
  await teacher.press("Make the class");
  await teacher.page.getByRole("heading", { name: "Class 8A" }).waitFor();
  await teacher.press("Import");
  await teacher.dialog().getByLabel("Rows").fill("email,givenName,familyName\r\nmira@new.school,Mira,Moss\r\nnora@new.school,Nora,Nash\r\n");
  await teacher.press("Check the rows");
  await teacher.press("Import all 2 rows");
  await teacher.sees("Mira Moss");
  await teacher.page.setViewportSize(PROJECTOR);
  await inspect(teacher.page, "class-new");
});

part("no page asked a third party or complained", () => {
  for (const { watch } of [teacher, colleague, student]) {
    assert.deepEqual(watch.foreign, [], `${watch.name} asked a third party`);
    const complaints = watch.complaints.filter((text) => !/status of 409/.test(text));
    assert.deepEqual(complaints, [], `${watch.name} complained`);
  }
});

async function waitUntil(holds, what) {
  const deadline = Date.now() + 10_000;
  while (!(await holds())) {
    assert.ok(Date.now() < deadline, what);
    await new Promise((done) => setTimeout(done, 100));
  }
}
