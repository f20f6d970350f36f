import { Field, ID, Int, ObjectType } from "type-graphql";
import { moneyType, MoneyType } from "../../platform/graphql/money.type.js";
import type { OrderCardLine } from "../../projections/orders/order-card.projection.js";
import { saleIds } from "../inventory/sale.type.js";

@ObjectType("OrderLine", { simpleResolvers: true, description: "One product of an order, at the price of its placing." })
export class OrderLineType {
  @Field(() => String) sku!: string;
  @Field(() => String) name!: string;
  @Field(() => Int, { description: "As it was ordered." }) quantity!: number;
  @Field(() => Int, { description: "Units of it that were called off." }) cancelledQuantity!: number;
  @Field(() => Int, { description: "Units of it that came back and were not refused." }) returnedQuantity!: number;
  @Field(() => MoneyType) unitPrice!: MoneyType;
  @Field(() => MoneyType, { description: "`unitPrice × quantity`." }) net!: MoneyType;
  @Field(() => MoneyType) tax!: MoneyType;
  @Field(() => Int, { description: "1 % is 100." }) taxBasisPoints!: number;
  @Field(() => ID, { nullable: true, description: "The sale whose price it has; null for units of the shelf." }) saleId!: string | null;
  @Field(() => [String], { nullable: true, description: "Which units, of a product whose units are numbered; else null." }) unitIds!: readonly string[] | null;
}

/** Amounts are made where a query asks for them; see `OrderOfRow`. */
export class LineOfOrder implements OrderLineType {
  constructor(private readonly line: OrderCardLine, private readonly currency: string) {}

  get sku(): string { return this.line.sku; }
  get name(): string { return this.line.name; }
  get quantity(): number { return this.line.quantity; }
  get cancelledQuantity(): number { return this.line.cancelled ?? 0; }
  get returnedQuantity(): number { return this.line.returned ?? 0; }
  get unitPrice(): MoneyType { return moneyType(this.line.unitPriceMinor, this.currency); }
  get net(): MoneyType { return moneyType(this.line.netMinor, this.currency); }
  get tax(): MoneyType { return moneyType(this.line.taxMinor, this.currency); }
  get taxBasisPoints(): number { return this.line.taxBasisPoints; }
  get saleId(): string | null { return this.line.saleId === undefined ? null : saleIds.encode(this.line.saleId); }
  get unitIds(): readonly string[] | null { return this.line.unitIds ?? null; }
}
