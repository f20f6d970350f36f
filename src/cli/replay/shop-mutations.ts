const done = "userErrors { code message }";

/** What whoever furnishes a shop sends, each for `ShopApi.must`. */
export const shopMutations = {
  upsertProducts: `mutation ShopProducts($input: UpsertProductsInput!) { done: upsertProducts(input: $input) { ${done} } }`,
  receiveStock: `mutation ShopStock($input: ReceiveStockInput!) { done: receiveStock(input: $input) { ${done} } }`,
  upsertCustomer: `mutation ShopCustomer($input: UpsertCustomerInput!) { done: upsertCustomer(input: $input) { ${done} } }`,
} as const;
