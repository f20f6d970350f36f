import { Field, ObjectType } from "type-graphql";
import type { FeedPage } from "../live/live-feed.js";
import { wordEnum } from "./word-enum.js";

const FeedPageKind = wordEnum<FeedPage<unknown>["kind"]>("FeedPageKind", {
  snapshot: "What there is now; comes first.", tail: "What happened since, in order.",
});

/** What every page of a feed has beside its values. */
@ObjectType({ simpleResolvers: true })
export abstract class FeedPageType {
  @Field(() => FeedPageKind) kind!: FeedPage<unknown>["kind"];
  @Field(() => Boolean, { description: "True where something between your cursor and this page may be missing." }) gap!: boolean;
  @Field(() => String, { description: "Hand it back as `after` to go on from here." }) cursor!: string;
}
