import { defineEntity, p } from "@mikro-orm/postgresql";
import type { SizeMm } from "../../events/catalog.js";
import { readTable } from "../../platform/projector/read-table.js";
import { productCard } from "./product-card.projection.js";

const entity = defineEntity({
  name: "ProductCard",
  properties: {
    sku: p.text().primary(),
    name: p.text(),
    priceMinor: p.bigint("number"),
    currency: p.text(),
    weightGrams: p.integer(),
    taxBasisPoints: p.integer(),
    sizeMm: p.json().$type<SizeMm>().strictNullable(),
    updatedAt: p.string().columnType("timestamptz"),
    version: p.integer(),
  },
});

export const productCardTable = readTable(productCard, entity);
