import { describe, expect, it } from "vitest";
import { nameIdeas } from "./ideas";
import { groupPin, pinDigits } from "./pin";

describe("the PIN field", () => {
  it("takes a pasted PIN in any grouping", () => {
    expect(pinDigits("PIN: 123-456\n")).toBe("123456");
    expect(pinDigits("123 456 789")).toBe("123456");
  });
  it("takes digits of other scripts", () => {
    expect(pinDigits("١٢٣٤٥٦")).toBe("123456");
    expect(pinDigits("123456")).toBe("123456");
  });
  it("groups by three once there is a second group", () => {
    expect(groupPin("123")).toBe("123");
    expect(groupPin("1234")).toBe("123 4");
    expect(groupPin("123456")).toBe("123 456");
  });
});

describe("nickname ideas", () => {
  it("are different from each other and fit", () => {
    let n = 0;
    const ideas = nameIdeas(3, () => (n += 0.137) % 1);
    expect(new Set(ideas).size).toBe(3);
    for (const idea of ideas) expect(idea.length).toBeLessThanOrEqual(20);
  });
  it("end even when the source of randomness is stuck", () => {
    expect(nameIdeas(3, () => 0)).toEqual(["Swift Otter"]);
  });
});
