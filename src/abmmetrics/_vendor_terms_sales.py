"""What vendors call the KPIs of sales: win rates, pipeline, stages, attribution, return, retention, surveys."""

from abmmetrics._vendor_terms import VendorTerm

_CREATED = "Ours is of closed deals. Of all deals the young ones count as not won, so recent months look worse."
_SALESFORCE_RATE = 'Salesforce help 000387867, "Calculate win rates in reports", help.salesforce.com'
_DBT_SALESFORCE = "Fivetran, dbt_salesforce at 6c7b797"
_STAGES = "stages=stages, lost=lost, step=step"
_FORWARD_EQUAL = "Equal by default."

WINRATE = (
    VendorTerm(
        vendor="Salesforce", term="win rate", family="winrate", also=("WON:SUM / CLOSED:SUM",),
        formula="won deals / closed deals",
        code="abm.win_rate(deals)",
        difference="Equal by default.", source=_SALESFORCE_RATE,
    ),
    VendorTerm(
        vendor="Salesforce", term="win rate of all records", family="winrate", also=("WON:SUM / RowCount",),
        formula="won deals / all deals of the report",
        code='abm.win_rate(deals, basis="created")',
        difference=_CREATED, source=_SALESFORCE_RATE,
    ),
    VendorTerm(
        vendor="Salesforce", term="win rate at the first close", family="winrate",
        formula="deals won at their first close / deals ever closed, of the first history row in which each is closed",
        code='abm.win_rate(abm.stage_intervals(history, stages=stages, lost=lost).to_opportunities("first"))',
        difference="Ours takes the last close: a deal that was lost, reopened and won is won.",
        source="Reports on OpportunityHistory that keep the first close; common practice, no page defines it",
    ),
    VendorTerm(
        vendor="Copper", term="win rate", family="winrate", also=("opp win rate", "win percentage"),
        formula="won deals / deals of any status",
        code='abm.win_rate(deals, basis="created")',
        difference=_CREATED, source='Copper community, "Opp win rate calculation", community.copper.com',
    ),
    VendorTerm(
        vendor="Bullhorn", term="win rate", family="winrate",
        formula="won deals / deals created",
        code='abm.win_rate(deals, basis="created")',
        difference=_CREATED, source="Bullhorn, glossary: win rate, bullhorn.com",
    ),
    VendorTerm(
        vendor="Zoho", term="win rate", family="winrate", also=("win percentage",),
        formula="won deals / (won + lost + overdue + old deals)",
        code='abm.win_rate(deals.where(counted), basis="created")',
        difference="Ours is of closed deals. Which deals are overdue or old is for you to say: counted is True for these and closed ones.",
        source='Zoho Motivator, "Pipeline stages", zoho.com/motivator',
    ),
    VendorTerm(
        vendor="QuarterOne", term="win rate by value", family="winrate", also=("value win rate",),
        formula="amount won / amount closed",
        code="abm.value_win_rate(deals)",
        difference="A figure of its own here, never called win rate; undefined where lost deals carry no amount.",
        source="QuarterOne help, help.quarterone.com/en/articles/3650265",
    ),
    VendorTerm(
        vendor="dbt_salesforce", term="win percent", family="winrate", also=("total win percent", "win percent of a manager"),
        formula="sum of won / sum of (won + lost) of owners, by value, where an owner without losses has lost NULL",
        code="abm.value_win_rate(owners_deals)", reproduces=False,
        difference="A defect: won + NULL is NULL, so that an owner who lost nothing has 0 %, and a manager may have 150 %.",
        source=_DBT_SALESFORCE,
    ),
    VendorTerm(
        vendor="Wins Above", term="average deal size", family="winrate",
        formula="amount won / deals won",
        code="abm.average_deal_size(deals)",
        difference="Equal by default; won deals without an amount are left out of both and counted.",
        source="Wins Above, glossary: sales velocity, winsabove.pages.dev",
    ),
)  # fmt: skip

PIPELINE = (
    VendorTerm(
        vendor="Salesforce", term="age of won opportunities", family="pipeline", also=("age", "sales cycle"),
        formula="close date − created date, averaged over won deals",
        code="abm.sales_cycle_days(deals)",
        difference="Equal by default; the report's age of open deals goes on to today, and is no cycle.",
        source='Nextian, "Measuring sales cycle length in Salesforce", nextian.com',
    ),
    VendorTerm(
        vendor="dbt_salesforce", term="days to close", family="pipeline", also=("average days to close",),
        formula="created date − close date, by a swap of arguments",
        code="abm.sales_cycle_days(deals)", reproduces=False,
        difference="A defect: the figure is negative for every ordinary deal. Ours is the same without the minus.",
        source=_DBT_SALESFORCE,
    ),
    VendorTerm(
        vendor="Creative G", term="sales velocity", family="pipeline",
        formula="closed deals × win rate × average deal size / length of the sales cycle",
        code="abm.sales_velocity(deals)",
        difference="Equal by default.", source="Creative G, glossary: sales velocity, creativeg.gr",
    ),
    VendorTerm(
        vendor="Maven LB", term="sales velocity", family="pipeline", also=("pipeline velocity",),
        formula="open qualified deals × win rate × average deal size / length of the sales cycle",
        code='float(abm.sales_velocity(deals)) * (deals.outcome == "open").sum() / (deals.outcome != "open").sum()',
        difference="Ours counts the closed deals, which the win rate is of; open ones follow a rate of other deals.",
        source='Maven LB, "Sales velocity formula", mavenlb.com; Wins Above, glossary: sales velocity',
    ),
    VendorTerm(
        vendor="Wins Above", term="velocity of a cycle 10 % shorter", family="pipeline",
        formula="velocity × 1.10: said to be exactly equivalent to 10 % more deals",
        code="abm.sales_velocity(quicker_deals)", reproduces=False,
        difference="The cycle divides: 10 % shorter makes 1 / 0.9, hence 11.1 % more; 20 % shorter makes 25 % more.",
        source="Wins Above, glossary: sales velocity, winsabove.pages.dev",
    ),
    VendorTerm(
        vendor="Wins Above", term="pipeline coverage ratio", family="pipeline", also=("pipeline coverage",),
        formula="open pipeline / quota that is still to be won",
        code="abm.pipeline_coverage_ratio(deals, quota=quota, closed=closed, as_of=as_of)",
        difference="Equal by default.", source="Wins Above, glossary: pipeline coverage ratio, winsabove.pages.dev",
    ),
    VendorTerm(
        vendor="Quartz", term="pipeline coverage", family="pipeline", also=("coverage",),
        formula="open pipeline / whole quota",
        code="abm.pipeline_coverage_ratio(deals, quota=quota, as_of=as_of)",
        difference="Ours takes off what is won already, once closed= says it.",
        source='Quartz, metrics reference: "Consistency", docs.quartzhq.com',
    ),
    VendorTerm(
        vendor="Optifai", term="pipeline coverage", family="pipeline", also=("weighted pipeline coverage",),
        formula="open pipeline × win rate / quota, held against 3 to 4",
        code="abm.pipeline_coverage_ratio(deals, quota=quota, as_of=as_of)", reproduces=False,
        difference="What is weighted by the win rate covers the quota at 1, not at 3 or 4.",
        source='Optifai, "Pipeline coverage ratio calculator", optif.ai',
    ),
)  # fmt: skip

STAGES = (
    VendorTerm(
        vendor="HubSpot", term="funnel report, all stages", family="stages", also=("all stages", "all stages funnel"),
        formula="deals that took every stage up to the next, in order / those that took every stage up to this one",
        code=f'abm.stage_conversion_rate(history, {_STAGES}, method="strict")',
        difference="Ours counts deals that enter midway or skip a stage: method='forward'.",
        source='HubSpot, "Differences between funnel reports types", knowledge.hubspot.com',
    ),
    VendorTerm(
        vendor="HubSpot", term="funnel report, any stages", family="stages", also=("any stages", "any stages funnel"),
        formula="deals ever in the next stage / deals ever in this one",
        code=f'abm.stage_conversion_rate(history, {_STAGES}, method="any")',
        difference="Ours asks of the deals of this stage alone; a ratio of two counts may exceed 1.",
        source='HubSpot, "Differences between funnel reports types", knowledge.hubspot.com',
    ),
    VendorTerm(
        vendor="Watermark", term="all stage", family="stages", also=("all stages",),
        formula="deals that took every stage up to the next, in order / those that took every stage up to this one",
        code=f'abm.stage_conversion_rate(history, {_STAGES}, method="strict")',
        difference="Ours counts deals that enter midway or skip a stage: method='forward'.",
        source="Watermark, support.watermarkinsights.com/hc/en-us/articles/11699225612571",
    ),
    VendorTerm(
        vendor="Watermark", term="any stage", family="stages", also=("any stages",),
        formula="deals ever in the next stage / deals ever in this one",
        code=f'abm.stage_conversion_rate(history, {_STAGES}, method="any")',
        difference="Ours asks of the deals of this stage alone; a ratio of two counts may exceed 1.",
        source="Watermark, support.watermarkinsights.com/hc/en-us/articles/11699225612571",
    ),
    VendorTerm(
        vendor="ClosingDealz", term="stage conversion", family="stages", also=("conversion rate",),
        formula="deals that moved from this stage straight to the next / deals that entered it",
        code=f'abm.stage_conversion_rate(history, {_STAGES}, method="direct")',
        difference="Ours counts deals that skip the next stage as converted: method='forward'.",
        source="ClosingDealz, product docs: pipeline analytics, closingdealz.gitbook.io",
    ),
    VendorTerm(
        vendor="Sightfull", term="sales funnel progression rate", family="stages", also=("progression rate",),
        formula="deals of this stage that were later in any more advanced one / deals that entered it",
        code=f"abm.stage_conversion_rate(history, {_STAGES})",
        difference=_FORWARD_EQUAL, source="Sightfull, glossary: sales funnel progression rate, sightfull.com",
    ),
    VendorTerm(
        vendor="Engagio", term="journey conversion", family="stages", also=("stage conversion",),
        formula="accounts that moved on / accounts that moved in",
        code=f"abm.stage_conversion_rate(history, {_STAGES})",
        difference=_FORWARD_EQUAL, source='Engagio, "Journey analytics: conversion", docs.engagio.com/en/articles/487',
    ),
    VendorTerm(
        vendor="Demandbase", term="stage conversion", family="stages", also=("journey stage conversion",),
        formula="those that came further, skipping or not / those that entered the stage or skipped it",
        code=f'abm.stage_conversion_rate(history, {_STAGES}, method="demandbase")',
        difference="Ours leaves out deals that skipped the stage: they were never in it.",
        source="Demandbase, support.demandbase.com/hc/en-us/articles/4413570317723",
    ),
    VendorTerm(
        vendor="Current-stage scripts", term="stage conversion", family="stages", also=("stage conversion by current stage",),
        formula="deals whose current stage is at or beyond the next / those at or beyond this one; lost deals vanish",
        code=f"abm.stage_conversion_rate(history, {_STAGES})", reproduces=False,
        difference="Where a deal is says nothing of where it was: lost deals drop out of both counts, and it reads high.",
        source="Pipeline scripts without a history, which take every earlier stage for granted",
    ),
)  # fmt: skip

ATTRIBUTION = (
    VendorTerm(
        vendor="Marketo Measure", term="U-shaped", family="attribution", also=("u shape", "position based"),
        formula="half to the first touch, half to the one that created the lead",
        code="abm.u_shaped(journeys)",
        difference="Ours follows Marketo Measure; others call 40/20/40 by place U-shaped, see there.",
        source='Adobe, "Marketo Measure attribution models", experienceleague.adobe.com',
    ),
    VendorTerm(
        vendor="Marketo Measure", term="W-shaped", family="attribution", also=("w shape",),
        formula="30 % each to first touch, lead creation and opportunity creation, 10 % to those between",
        code="abm.w_shaped(journeys)",
        difference="Equal by default.", source='Adobe, "Marketo Measure attribution models", experienceleague.adobe.com',
    ),
    VendorTerm(
        vendor="Marketo Measure", term="full path", family="attribution",
        formula="22.5 % each to first touch, lead creation, opportunity creation and close, 10 % to those between",
        code="abm.full_path(journeys)",
        difference="Equal by default.", source='Adobe, "Marketo Measure attribution models", experienceleague.adobe.com',
    ),
    VendorTerm(
        vendor="Mixpanel", term="U-shaped", family="attribution", also=("u shape",),
        formula="40 % to the first touch, 40 % to the last, 20 % to those between",
        code='abm.position_based(journeys, first=0.4, last=0.4, two_touch="renormalise")',
        difference="u_shaped is Marketo Measure's half and half by milestones.",
        source='Mixpanel documentation, "Attribution"',
    ),
    VendorTerm(
        vendor="Mixpanel", term="J-shaped", family="attribution", also=("j shape",),
        formula="20 % to the first touch, 60 % to the last, 20 % to those between; of two touches 25 and 75 %",
        code='abm.position_based(short_journeys, first=0.2, last=0.6, two_touch="renormalise")',
        difference="The parts have to be given: there is no default.", source='Mixpanel documentation, "Attribution"',
    ),
    VendorTerm(
        vendor="Amplitude", term="J-shaped", family="attribution", also=("j shape",),
        formula="20 % to the first touch, 60 % to the last, 20 % to those between; of two touches 30 and 70 %",
        code="abm.position_based(short_journeys, first=0.2, last=0.6)",
        difference="The parts have to be given: there is no default.", source='Amplitude, "Attribution models"',
    ),
    VendorTerm(
        vendor="Mixpanel", term="time decay", family="attribution",
        formula="half the credit for every 7 days that a touch was earlier",
        code="abm.time_decay(journeys, half_life_days=7)",
        difference="The half-life has to be given: there is no default.",
        source='Mixpanel documentation, "Attribution"',
    ),
    VendorTerm(
        vendor="Salesforce", term="influenced pipeline", family="attribution", also=("campaign influence", "influenced opportunities"),
        formula="the whole amount of a deal to every campaign that touched it while it was open",
        code="abm.influenced_pipeline(journeys)",
        difference="Salesforce needs contact roles, and touches end with the close: build the journeys of those. "
        "Ours adds the total counted once, and how many accounts were touched anyway.",
        source='Salesforce, "Customizable Campaign Influence", help.salesforce.com',
    ),
)  # fmt: skip

ROI = (
    VendorTerm(
        vendor="Google Ads", term="conversion value / cost", family="roi", also=("ROAS", "return on ad spend"),
        formula="conversion value / cost",
        code="abm.return_on_ad_spend_ratio(results)",
        difference="Equal by default; it is no return on investment, which is 1 lower.",
        source="Google Ads help, conversion value / cost",
    ),
    VendorTerm(
        vendor="The Pedowitz Group", term="programme ROI", family="roi", also=("program ROI", "ROI"),
        formula="(revenue − cost) / cost",
        code="abm.campaign_roi(results, margin=1)",
        difference="Ours asks for the margin: revenue is not what the business keeps.",
        source='The Pedowitz Group, "How do I calculate ABX program ROI?", pedowitzgroup.com',
    ),
    VendorTerm(
        vendor="Finmark", term="CAC payback", family="roi", also=("CAC payback period",),
        formula="CAC / average revenue a month × margin, as it is written: the margin multiplies",
        code="abm.payback_months(acquisition_cost, monthly_revenue, margin=margin)", reproduces=False,
        difference="Brackets are missing: the margin belongs below the line, CAC / (revenue × margin).",
        source="Finmark help, help.finmark.com/en/articles/5525177",
    ),
)  # fmt: skip

RETENTION = (
    VendorTerm(
        vendor="Pulse RevOps", term="net revenue retention", family="retention", also=("NRR",),
        formula="(opening + expansion − contraction − churn) / opening, of the accounts of the opening",
        code="abm.net_revenue_retention(revenue)",
        difference="Equal by default.", source="Pulse RevOps, pulserevops.com/sales-trainings/q97",
    ),
    VendorTerm(
        vendor="Pulse RevOps", term="gross revenue retention", family="retention", also=("GRR",),
        formula="(opening − contraction − churn) / opening, capped account by account",
        code="abm.gross_revenue_retention(revenue)",
        difference="Equal by default.", source="Pulse RevOps, pulserevops.com/sales-trainings/q97",
    ),
    VendorTerm(
        vendor="ChartMogul", term="net MRR retention with reactivation", family="retention", also=("net MRR retention", "NRR"),
        formula="(opening + expansion + reactivation − contraction − churn) / opening",
        code='abm.net_revenue_retention(revenue, reactivation="include")',
        difference="Ours leaves out accounts that came back, for they are no part of the opening.",
        source="ChartMogul help, net MRR churn rate",
    ),
)  # fmt: skip

NPS = (
    VendorTerm(
        vendor="Bain", term="Net Promoter Score", family="nps", also=("NPS",),
        formula="100 × (promoters − detractors) / all answers",
        code="abm.net_promoter_score(scores)",
        difference="Equal by default.", source='Reichheld, "The one number you need to grow", Harvard Business Review 81',
    ),
    VendorTerm(
        vendor="Profit.co", term="NPS", family="nps", also=("Net Promoter Score",),
        formula="100 × (promoters − detractors) / (promoters + detractors): its worked example drops the passives",
        code='abm.net_promoter_score(scores.where(abm.classify(scores) != "passive"))',
        difference="Passives are answers too: without them a score looks further from 0 than it is.",
        source='Profit.co, "How are the scores points calculated based on user pulse survey response"',
    ),
    VendorTerm(
        vendor="Cybaea", term="NPS margin of error", family="nps", also=("margin of error",),
        formula="1.96 × 100 × √((p + d − (p − d)²) / n), on both sides",
        code="abm.net_promoter_score(scores)", reproduces=False,
        difference="Ours is Tango's score interval, which is not symmetric and never goes beyond −100 and 100.",
        source='Cybaea, "NPS confidence intervals", cybaea.net',
    ),
    VendorTerm(
        vendor="Delighted", term="CSAT", family="nps", also=("customer satisfaction score",),
        formula="answers of 4 and 5 / all answers, on a scale from 1 to 5",
        code="abm.customer_satisfaction_share(stars)",
        difference="Equal by default on that scale; on others the lowest satisfied score has to be given.",
        source='Delighted, "How is CSAT calculated?"',
    ),
)  # fmt: skip

SALES = (*WINRATE, *PIPELINE, *STAGES, *ATTRIBUTION, *ROI, *RETENTION, *NPS)
