import { useState } from "react";
import { Button as AriaButton } from "react-aria-components/Button";
import { GridList, GridListItem } from "react-aria-components/GridList";
import { useDragAndDrop } from "react-aria-components/useDragAndDrop";
import { optionCount, optionText } from "../../answers/say";
import { Announcer } from "../../stage/Announcer";
import { Button, IconButton } from "../../ui/Button";
import { Icon } from "../../ui/Icon";
import { t } from "../../words/words";
import type { AnswerInputProps } from "./AnswerInput";
import { Foot } from "./Foot";
import { moveBeside, moveBy } from "./move";
import styles from "./answers.module.css";

/** Items to put in order: by the buttons up and down, by dragging, or by keyboard through the handle. */
export default function OrderAnswer({ question, given, disabled, onAnswer, status }: AnswerInputProps) {
  const start = given !== null && "order" in given ? given.order : Array.from({ length: optionCount(question) }, (_, index) => index);
  const [order, setOrder] = useState(start);
  const [news, setNews] = useState("");
  const { dragAndDropHooks } = useDragAndDrop({
    isDisabled: disabled,
    getItems: (keys) => [...keys].map((key) => ({ "text/plain": optionText(question, Number(key)) })),
    onReorder: (event) => {
      const moved = Number([...event.keys][0]);
      setOrder((now) => moveBeside(now, moved, Number(event.target.key), event.target.dropPosition === "before"));
    },
  });

  function step(item: number, by: -1 | 1): void {
    const next = moveBy(order, item, by);
    setOrder(next);
    setNews(t("play.moved", { item: optionText(question, item), n: next.indexOf(item) + 1 }));
  }

  return (
    <div className={styles.area}>
      <Announcer text={news} />
      <GridList aria-label={t("play.items")} items={order.map((id) => ({ id }))} dragAndDropHooks={dragAndDropHooks} dependencies={[order, disabled]} className={styles.order ?? ""}>
        {({ id }) => {
          const text = optionText(question, id);
          const place = order.indexOf(id);
          return (
            <GridListItem id={id} textValue={text} className={styles.item ?? ""}>
              <AriaButton slot="drag" className={styles.handle ?? ""} aria-label={t("play.drag", { item: text })} isDisabled={disabled}>
                <Icon name="drag" />
              </AriaButton>
              <span className={styles.place}>{place + 1}</span>
              <span className={styles.itemText} dir="auto">
                {text}
              </span>
              <IconButton label={t("play.move_up", { item: text })} isDisabled={disabled || place === 0} onPress={() => step(id, -1)}>
                <Icon name="up" />
              </IconButton>
              <IconButton label={t("play.move_down", { item: text })} isDisabled={disabled || place === order.length - 1} onPress={() => step(id, 1)}>
                <Icon name="down" />
              </IconButton>
            </GridListItem>
          );
        }}
      </GridList>
      <Foot status={status} disabled={disabled}>
        <Button tone="primary" size="large" wide onPress={() => onAnswer({ order })}>
          {t("play.confirm_order")}
        </Button>
      </Foot>
    </div>
  );
}
