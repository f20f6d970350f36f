/** What taking units out of a sale may be refused with. */
export const saleRefusals = {
  UNKNOWN_SALE: "There is no such sale of that product.",
  SALE_NOT_STARTED: "The sale has not begun.",
  SALE_ENDED: "The sale is over.",
  LIMIT_REACHED: "A customer may have no more units in this sale.",
  PASS_REQUIRED: "The sale has a waiting room: it takes a ticket, and a pass for each reservation or order.",
  TICKET_WAITING: "It is not this ticket's turn yet.",
  PASS_EXPIRED: "The pass was not used in time: a new ticket is needed.",
} as const;

/** What holding units may be refused with, beside what sales refuse. */
export const reservingRefusals = {
  NO_LINES: "A reservation has at least one line.",
  TOO_MANY_LINES: "A reservation has too many lines.",
  DUPLICATE_SKU: "A product stands in two lines.",
  INVALID_QUANTITY: "A quantity is one or more.",
  UNKNOWN_PRODUCT: "There is no such product.",
  OUT_OF_STOCK: "There are fewer units left than wanted.",
  UNITS_REQUIRED: "The product's units are numbered: reserve them with reserveUnits.",
} as const;

/** What taking a reservation over may be refused with. */
export const claimRefusals = {
  RESERVATION_UNKNOWN: "There is no such reservation of the caller's.",
  RESERVATION_CLAIMED: "An order has taken it over already.",
  RESERVATION_RELEASED: "It was given back.",
  RESERVATION_EXPIRED: "Its time is over, and others have taken its units.",
} as const;
