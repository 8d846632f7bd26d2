"""What vendors call the KPIs of marketing: e-mail, website, forms, meetings, target accounts, qualification."""

from abmmetrics._vendor_terms import VendorTerm

_HUBSPOT_EMAIL = (
    'HubSpot, "How does HubSpot calculate delivery rate, open rate and click rate for emails", knowledge.hubspot.com'
)
_HUBSPOT_CTR = 'HubSpot community, "Email Click-Through Rate VS Click rate", community.hubspot.com'
_HUBSPOT_BOTS = 'HubSpot, "Understand bot filtering in marketing email analytics", knowledge.hubspot.com'
_HUBSPOT_FUNNEL = 'HubSpot, "In the Campaigns tool, why doesn\'t my CTA conversion percentage equal CTA clicks divided by blog post views", knowledge.hubspot.com'
_PARDOT_EMAIL = 'Salesforce, "Account Engagement email template metrics", help.salesforce.com'
_PARDOT_LINKS = 'Pardot, "Email click overlay report", help.pardot.com'
_MARKETING_CLOUD = "Fivetran, dbt_salesforce_marketing_cloud at 2bb0625"
_MARKETO_REPORT = 'Marketing Nation, "Difference in Marketo email reporting metrics", nation.marketo.com; purplemeup.substack.com, "Nuances of email tracking"'
_RAW_OPENS = "Equal by default: raw opens of mails delivered. HubSpot's screen may also filter bots and count a click as an open: see those terms."
_FILTERED = "Ours keeps machine opens unless told otherwise, and notes both: without them readers behind Apple's proxies are missing too."
_PER_SENT = "Ours is of mails delivered: a mail that bounced nobody could have opened, clicked or left."
_IMPLIED = (
    "Ours counts the opens that were seen; that a click implies one has to be said, and takes mails opened or clicked."
)

EMAIL = (
    VendorTerm(
        vendor="HubSpot", term="delivery rate", family="email",
        formula="mails delivered / mails sent",
        code="abm.delivery_rate(emails)",
        difference="Equal by default. Where a system calls sent less bounced delivered, late bounces make it differ.",
        source=_HUBSPOT_EMAIL,
    ),
    VendorTerm(
        vendor="HubSpot", term="open rate", family="email",
        formula="mails opened / mails delivered",
        code="abm.open_rate(emails)",
        difference=_RAW_OPENS, source=_HUBSPOT_EMAIL,
    ),
    VendorTerm(
        vendor="HubSpot", term="open rate with bot filtering", family="email", also=("filtered open rate",),
        formula="mails opened by people / mails delivered; Apple's Mail Privacy Protection counts as a bot",
        code='abm.open_rate(emails, machine_opens="exclude")',
        difference=_FILTERED, source=_HUBSPOT_BOTS,
    ),
    VendorTerm(
        vendor="HubSpot", term="open rate with clicks counted as opens", family="email",
        formula="mails opened or clicked / mails delivered",
        code="abm.open_rate(emails, click_implies_open=True)",
        difference=_IMPLIED, source=_HUBSPOT_EMAIL,
    ),
    VendorTerm(
        vendor="HubSpot", term="click rate", family="email",
        formula="mails clicked / mails delivered; links to unsubscribe do not count",
        code="abm.click_rate(emails)",
        difference="Equal by default, where clicks to unsubscribe were left out.", source=_HUBSPOT_EMAIL,
    ),
    VendorTerm(
        vendor="HubSpot", term="click-through rate", family="email", also=("CTR",),
        formula="mails clicked / mails opened",
        code="abm.click_to_open_rate(emails)",
        difference="Elsewhere a click-through rate is of mails delivered, which ours calls click_rate; this one is of opens.",
        source=_HUBSPOT_CTR,
    ),
    VendorTerm(
        vendor="HubSpot", term="click-through rate with bot filtering", family="email",
        formula="mails clicked / mails opened by people",
        code='abm.click_to_open_rate(emails, machine_opens="exclude")',
        difference=_FILTERED, source=_HUBSPOT_BOTS,
    ),
    VendorTerm(
        vendor="Account Engagement", term="HTML open rate", family="email", also=("open rate",),
        formula="unique opens of HTML mails / mails delivered",
        code="abm.open_rate(emails)",
        difference="Equal by default. Where its report counts a click as an open, say click_implies_open=True.",
        source=_PARDOT_EMAIL,
    ),
    VendorTerm(
        vendor="Account Engagement", term="click-through rate", family="email",
        also=("click to open ratio", "CTR", "unique CTR"),
        formula="unique clicks / unique opens, in the click overlay report",
        code="abm.click_to_open_rate(emails)",
        difference="Elsewhere a click-through rate is of mails delivered, which ours calls click_rate; this one is of opens.",
        source=_PARDOT_LINKS,
    ),
    VendorTerm(
        vendor="Account Engagement", term="opt-out rate", family="email", also=("unsubscribe rate",),
        formula="people who opted out / mails sent",
        code='abm.unsubscribe_rate(emails, per="sent")',
        difference=_PER_SENT, source=_PARDOT_EMAIL,
    ),
    VendorTerm(
        vendor="Account Engagement", term="spam complaint rate", family="email",
        formula="complaints / mails sent",
        code='abm.complaint_rate(emails, per="sent")',
        difference=_PER_SENT, source=_PARDOT_EMAIL,
    ),
    VendorTerm(
        vendor="Account Engagement", term="bounce rate", family="email",
        formula="mails bounced / mails sent; the fifth soft bounce is a hard one",
        code="abm.bounce_rate(emails)",
        difference="Equal by default.", source=_PARDOT_EMAIL,
    ),
    VendorTerm(
        vendor="Salesforce Marketing Cloud", term="open rate", family="email",
        formula="unique opens / mails sent",
        code='abm.open_rate(emails, per="sent")',
        difference=_PER_SENT, source=_MARKETING_CLOUD,
    ),
    VendorTerm(
        vendor="Salesforce Marketing Cloud", term="click-through rate", family="email", also=("CTR",),
        formula="unique clicks / mails sent",
        code='abm.click_rate(emails, per="sent")',
        difference=_PER_SENT, source=_MARKETING_CLOUD,
    ),
    VendorTerm(
        vendor="Salesforce Marketing Cloud", term="unsubscribe rate", family="email",
        formula="unsubscribes / mails sent",
        code='abm.unsubscribe_rate(emails, per="sent")',
        difference=f"{_PER_SENT} A send of nothing has the rate 0 there, and none here.", source=_MARKETING_CLOUD,
    ),
    VendorTerm(
        vendor="Mailchimp", term="open rate in integrations", family="email",
        formula="unique opens / mails sent",
        code='abm.open_rate(emails, per="sent")',
        difference=_PER_SENT, source='VortexIQ, KPI cards: Mailchimp "email open rate", docs.vortexiq.ai',
    ),
    VendorTerm(
        vendor="Mailchimp", term="open rate without Apple MPP", family="email",
        formula="unique opens but those of Apple's Mail Privacy Protection / mails delivered",
        code='abm.open_rate(emails, machine_opens="exclude")',
        difference=_FILTERED, source='Mailchimp, "About open tracking", mailchimp.com/help/about-open-tracking',
    ),
    VendorTerm(
        vendor="Braze", term="other open rate", family="email", also=("other opens",),
        formula="opens not known to be a machine's / mails delivered",
        code='abm.open_rate(emails, machine_opens="exclude")',
        difference=_FILTERED, source="Braze documentation, braze-docs#6414",
    ),
    VendorTerm(
        vendor="Marketo", term="% opened", family="email", also=("open rate", "percent opened"),
        formula="mails opened or clicked / mails delivered, in the e-mail performance report",
        code="abm.open_rate(emails, click_implies_open=True)",
        difference=f"{_IMPLIED} Marketo's activity log does not add such opens, so log and report differ too.",
        source=_MARKETO_REPORT,
    ),
    VendorTerm(
        vendor="Marketo", term="clicked to opened ratio", family="email", also=("click to open ratio",),
        formula="mails clicked / mails opened or clicked",
        code="abm.click_to_open_rate(emails, click_implies_open=True)",
        difference=_IMPLIED, source=_MARKETO_REPORT,
    ),
    VendorTerm(
        vendor="Odoo", term="reply rate", family="email", also=("replied",),
        formula="mails answered / mails sent",
        code='abm.reply_rate(emails, per="sent")',
        difference=_PER_SENT, source="Odoo documentation, odoo/documentation#10636",
    ),
    VendorTerm(
        vendor="Gmail Postmaster Tools", term="user-reported spam rate", family="email", also=("spam rate",),
        formula="complaints / mails that reached the inbox of active users, by the day of sending",
        code="abm.complaint_rate(emails)", reproduces=False,
        difference="Which mails reached an inbox only Gmail knows. Of all mails delivered the figure is lower.",
        source='Suped, "How does Google Postmaster Tools calculate spam complaints and volume", suped.com',
    ),
)  # fmt: skip

WEB = (
    VendorTerm(
        vendor="Google Analytics", term="average session duration", family="web",
        formula="time from the first hit of a session to its last / sessions; the last page takes no time",
        code='abm.time_on_site_seconds(abm.engaged_seconds(events, method="gap"), per="visit")',
        difference="Ours is by the account, and measures by heartbeats, which count the last page too.",
        source='Web analytics, "Time on page", webanalytics.cool; tacticlab.com.au',
    ),
    VendorTerm(
        vendor="Snowplow", term="engaged time", family="web", also=("engaged time in s", "engaged seconds"),
        formula="heartbeat × (heartbeats heard − 1) + least time of a view, of every page view, summed / sessions",
        code='abm.time_on_site_seconds(abm.engaged_seconds(events), per="visit")',
        difference="Equal by default but for the denominator: ours is by the account that visited.",
        source="snowplow/dbt-snowplow-web at cc4799c",
    ),
)  # fmt: skip

FORMS = (
    VendorTerm(
        vendor="HubSpot", term="submission rate of a form", family="forms", also=("view-to-submission rate", "form submission rate"),
        formula="submissions / views of the form",
        code="abm.form_view_to_submission_rate(forms)",
        difference="Equal by default; of page views in place of views of the form it is lower.",
        source=_HUBSPOT_FUNNEL,
    ),
)  # fmt: skip

JOURNEY = (
    VendorTerm(
        vendor="HubSpot", term="CTA click rate", family="journey", also=("CTA conversion", "call-to-action click rate"),
        formula="clicks of a call to action / its views, not the views of its page",
        code="abm.cta_conversion_rate(calls)",
        difference="Equal by default.", source=_HUBSPOT_FUNNEL,
    ),
)  # fmt: skip

SOCIAL = (
    VendorTerm(
        vendor="LinkedIn", term="engagement rate", family="social",
        formula="paid and free clicks: reactions, comments, shares and clicks / impressions",
        code="abm.social_engagement_rate(posts)",
        difference="Equal by default; the analytics of pages add follows.",
        source="LinkedIn Marketing Solutions Help, answer a422348",
    ),
    VendorTerm(
        vendor="LinkedIn", term="click-through rate", family="social", also=("CTR",),
        formula="chargeable clicks / impressions",
        code="abm.social_click_rate(chargeable_posts)",
        difference="Ours counts the clicks that it is given: give chargeable ones as clicks.",
        source="LinkedIn Marketing Solutions Help, answer a422348",
    ),
)  # fmt: skip

MEETINGS = (
    VendorTerm(
        vendor="Upbeat", term="show rate", family="meetings", also=("demo show rate",),
        formula="demos held / (demos booked − cancelled)",
        code='abm.meeting_show_rate(meetings, cancellations="exclude")',
        difference="Ours counts cancellations among the meetings booked.",
        source='Upbeat, "Demos", upbeat.team/metrics/demos.html',
    ),
    VendorTerm(
        vendor="Grou", term="no-show rate", family="meetings",
        formula="(no-shows + late cancellations) / meetings booked",
        code="1 - float(abm.meeting_show_rate(meetings))",
        difference="Ours is the share that was held.",
        source="Grou, glossary: no-show rate, grouglobal.com",
    ),
)  # fmt: skip

TARGETS = (
    VendorTerm(
        vendor="Engagio", term="coverage", family="targets", also=("account coverage",),
        formula="target accounts with contacts that can be reached / target accounts",
        code="abm.account_coverage_rate(targets, contacts)",
        difference="Equal by default, with one contact; say minimum_contacts for more.",
        source='Engagio, "Big 5 metrics for account-based marketing", slideshare.net',
    ),
    VendorTerm(
        vendor="The ABM Pulse", term="reach", family="targets", also=("account reach",),
        formula="target accounts touched by any programme / target accounts",
        code="abm.account_reach_rate(targets, emails)",
        difference="Equal by default.", source="The ABM Pulse, glossary: coverage",
    ),
    VendorTerm(
        vendor="The Pedowitz Group", term="account penetration", family="targets", also=("penetration",),
        formula="contacts engaged / contacts known",
        code="abm.account_penetration_rate(contacts)",
        difference="Equal by default. Its index of coverage, engagement and products is another figure.",
        source='The Pedowitz Group, "What\'s the best way to measure account penetration?"',
    ),
    VendorTerm(
        vendor="6sense", term="account reach", family="targets",
        formula="high, medium or low, by a model of how good the outreach was",
        code="abm.account_reach_rate(targets, emails)", reproduces=False,
        difference="The name is the same, the thing another: ours counts the accounts that anything touched.",
        source='6sense, "Account reach model", support.6sense.com',
    ),
)  # fmt: skip

QUALIFICATION = (
    VendorTerm(
        vendor="Engagio", term="MQA", family="qualification",
        also=("marketing qualified account", "marketing qualified accounts", "MQA out of the box"),
        formula="100 or more marketing minutes, and 2 or more people with 20 or more each, in three months",
        code="abm.account_qualification_rate(targets, activities, abm.ENGAGIO_OUT_OF_THE_BOX, as_of=as_of)",
        difference="A rule has to be chosen: there is no default.",
        source='Engagio, "Journey Builder: out of the box stages", docs.engagio.com/en/articles/510',
    ),
    VendorTerm(
        vendor="Engagio", term="MQA of the starter guide", family="qualification",
        formula="more than 60 minutes, and 2 or more people with more than 10 each, in three months",
        code="abm.account_qualification_rate(targets, activities, abm.ENGAGIO_STARTER, as_of=as_of)",
        difference="A rule has to be chosen: there is no default.",
        source='Engagio, "Guide: get started with configuring your journey stages", docs.engagio.com/en/articles/377',
    ),
    VendorTerm(
        vendor="Demandbase", term="MQA", family="qualification",
        also=("marketing qualified account", "marketing qualified accounts"),
        formula="a pipeline predict score of 85 or more, or 100 or more marketing minutes in three months; no breadth",
        code="abm.account_qualification_rate(targets, activities, abm.DEMANDBASE_QUALIFIED, as_of=as_of, predict=predict)",
        difference="A rule has to be chosen: there is no default.",
        source='Demandbase, "Getting started with journey stages", support.demandbase.com/hc/en-us/articles/360053277611',
    ),
    VendorTerm(
        vendor="RollWorks", term="Aware", family="qualification", also=("aware accounts",),
        formula="a page view or more in 30 days",
        code="abm.account_qualification_rate(targets, activities, abm.ROLLWORKS_AWARE, as_of=as_of)",
        difference="A rule has to be chosen: there is no default.",
        source='RollWorks, "Journey stages guide", help.rollworks.com/hc/en-us/articles/4415495461261',
    ),
    VendorTerm(
        vendor="RollWorks", term="Engaged", family="qualification", also=("engaged accounts",),
        formula="three page views or more in 30 days",
        code="abm.account_qualification_rate(targets, activities, abm.ROLLWORKS_ENGAGED, as_of=as_of)",
        difference="A rule has to be chosen: there is no default.",
        source='RollWorks, "Journey stages guide", help.rollworks.com/hc/en-us/articles/4415495461261',
    ),
    VendorTerm(
        vendor="6sense", term="6QA", family="qualification", also=("6sense qualified account", "6QAs"),
        formula="a profile fit of 50 or more of 100, and the buying stage Decision or Purchase, both by models",
        code="abm.account_qualification_rate(targets, activities, abm.ENGAGIO_OUT_OF_THE_BOX, as_of=as_of)",
        reproduces=False,
        difference="The models are 6sense's own. Its accounts may stand as a segment, to group by.",
        source='6sense, "6sense qualified accounts (6QAs)", support.6sense.com',
    ),
)  # fmt: skip

ENGAGEMENT = (
    VendorTerm(
        vendor="Demandbase", term="Engaged", family="engagement", also=("engaged accounts",),
        formula="10 or more engagement minutes in three months",
        code="abm.engaged_account_rate(targets, activities, minimum_minutes=10, within_days=90, as_of=as_of)",
        difference="The threshold has to be given: there is no default. Three months are taken as 90 days.",
        source='Demandbase, "Getting started with journey stages", support.demandbase.com/hc/en-us/articles/360053277611',
    ),
)  # fmt: skip

MARKETING = (*EMAIL, *WEB, *FORMS, *JOURNEY, *SOCIAL, *MEETINGS, *TARGETS, *ENGAGEMENT, *QUALIFICATION)
