import { markOf } from "../../answers/alphabet";
import { Mark } from "../../answers/Mark";
import type { Question } from "../../api/desk-types";
import type { ChoiceOption, Image } from "../../api/types";
import { t } from "../../words/words";
import { isPictureAddress } from "./validate";
import styles from "./preview.module.css";

/** The question at the size of a phone, as a player sees it; a picture to look at, not to use. */
export function Preview({ question, index, of }: { question: Question; index: number; of: number }) {
  return (
    <section className={styles.preview} aria-label={t("editor.preview")}>
      <h2 className={styles.title}>{t("editor.preview")}</h2>
      <div className={styles.phone} role="img" aria-label={question.prompt || t("editor.preview.prompt")}>
        <div className={styles.top}>
          <span>{t("play.question_of", { index: index + 1, of })}</span>
          <span className="tabular">{Number.isNaN(question.time_limit_s) ? "" : t("editor.preview.seconds", { n: question.time_limit_s })}</span>
        </div>
        <div className={styles.clock} />
        <p className={styles.prompt} data-empty={question.prompt === "" ? "" : undefined}>
          {question.prompt || t("editor.preview.prompt")}
        </p>
        <Picture image={question.image} className={styles.picture} />
        <p className={styles.kind}>{t(`play.kind.${question.kind}`)}</p>
        <Answers question={question} />
      </div>
    </section>
  );
}

function Answers({ question }: { question: Question }) {
  switch (question.kind) {
    case "single_choice":
    case "multiple_choice":
    case "poll":
      return <Tiles options={question.options} />;
    case "true_false":
      return <Tiles options={[t("play.true"), t("play.false")].map((text) => ({ text, image: null }))} />;
    case "typed":
      return <div className={styles.input}>{t("editor.preview.answer")}</div>;
    case "numeric":
      return (
        <div className={styles.input}>
          {t("play.kind.numeric")} <span>{question.unit}</span>
        </div>
      );
    case "ordering":
      return (
        <div className={styles.items}>
          {/* Backwards, so that the preview does not look like the solution. */}
          {[...question.items].reverse().map((item, i) => (
            <div key={i} className={styles.item}>
              {item}
            </div>
          ))}
        </div>
      );
  }
}

function Tiles({ options }: { options: ChoiceOption[] }) {
  return (
    <div className={styles.tiles} data-columns={options.some((option) => option.text.length > 28) ? "1" : "2"}>
      {options.map((option, i) => {
        const { color, ink } = markOf(i);
        return (
          <div key={i} className={styles.tile} style={{ background: color, color: ink }}>
            <Mark index={i} size="1.1em" />
            <Picture image={option.image} className={styles.tilePicture} />
            <span>{option.text}</span>
          </div>
        );
      })}
    </div>
  );
}

function Picture({ image, className }: { image: Image | null; className: string | undefined }) {
  return image !== null && isPictureAddress(image.url) ? <img src={image.url} alt="" className={className} /> : null;
}
