import { Field, Float, Int, ObjectType } from "type-graphql";
import { MoneyType } from "../../platform/graphql/money.type.js";
import { DateTime } from "../../platform/graphql/scalars.js";
import { Cost } from "../../platform/rate-limits/field-cost.js";

@ObjectType("SalesHour", { simpleResolvers: true, description: "What was ordered in an hour, in one currency." })
export class SalesHourType {
  @Field(() => DateTime, { description: "When the hour began." }) hour!: string;
  @Field(() => Int, { description: "Orders placed, also those that were cancelled later." }) orders!: number;
  @Field(() => Int) cancelledOrders!: number;
  @Field(() => MoneyType, { description: "Totals of the orders, less what was called off or came back." }) revenue!: MoneyType;
}

@ObjectType("TopProduct", { simpleResolvers: true, description: "What was sold of a product, in one currency, without what was called off or came back." })
export class TopProductType {
  @Field(() => String) sku!: string;
  @Field(() => Float, { description: "A whole number." }) units!: number;
  @Field(() => Int) orders!: number;
  @Field(() => MoneyType, { description: "Without tax and shipping." }) revenue!: MoneyType;
}

@ObjectType("SalesDashboard", { simpleResolvers: true })
export class SalesDashboardType {
  @Field(() => DateTime) from!: string;
  @Field(() => DateTime) to!: string;
  @Cost({ size: 24 })
  @Field(() => [SalesHourType], { description: "Hours in which something was ordered, in order." }) hours!: readonly SalesHourType[];
  @Field(() => [TopProductType], { description: "Most units first." }) topProducts!: readonly TopProductType[];
  @Field(() => DateTime, { nullable: true, description: "The figures are of this moment; null before they were computed for the first time." })
  refreshedAt!: string | null;
}
