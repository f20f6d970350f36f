import { defineId } from "../graphql/opaque-id.js";

/** `dead_letter_<uuid>`: commands and queries both name letters. */
export const deadLetterIds = defineId("dead_letter");
