package catalog

import "github.com/krestmarketing/deedwatch/models"

// Short names for the ways of delegating, for the list below.
const (
	partner    = models.MethodPartnerAccess
	manager    = models.MethodManagerAccount
	invitation = models.MethodUserInvitation
	delegate   = models.MethodRegistrarDelegate
	zone       = models.MethodDNSZoneDelegation
	oauth      = models.MethodOAuth
	vault      = models.MethodVaultShare
)

// ways lists methods, the preferred one first.
func ways(m ...models.GrantMethod) []models.GrantMethod { return m }

// platforms is what the forms suggest. Menus move: the sentences name the place, not each click.
var platforms = []Platform{
	{
		"google_ads", "Google Ads",
		[]string{"Admin", "Standard", "Billing", "Read only"},
		"Standard", ways(manager, invitation),
		"In Google Ads open Admin → Access and security, and remove our manager account under Managers or our addresses under Users.",
		"Admin → Access and security",
	},
	{
		"google_analytics", "Analytics",
		[]string{"Administrator", "Editor", "Marketer", "Analyst", "Viewer"},
		"Marketer", ways(invitation),
		"In Analytics open Admin → Account access management, then Property access management, and remove our addresses from both.",
		"Admin → Account access management",
	},
	{
		"search_console", "Search Console",
		[]string{"Owner", "Full user", "Restricted user"},
		"Full user", ways(invitation),
		"In Search Console open Settings → Users and permissions and remove us; if we were a verified owner, remove our DNS record or file as well.",
		"Settings → Users and permissions",
	},
	{
		"tag_manager", "Tag Manager",
		[]string{"Admin", "Publish", "Approve", "Edit", "Read"},
		"Publish", ways(invitation),
		"In Tag Manager open Admin → User management and remove our addresses from the account.",
		"Admin → User management",
	},
	{
		"business_profile", "Business Profile",
		[]string{"Owner", "Manager"},
		"Manager", ways(invitation),
		"In Business Profile open the menu → Business Profile settings → People and access, and remove us.",
		"Business Profile settings → People and access",
	},
	{
		"merchant_center", "Merchant Center",
		[]string{"Admin", "Standard", "Reporting"},
		"Standard", ways(invitation, manager),
		"In Merchant Center open Settings → People and access, and remove our addresses.",
		"Settings → People and access",
	},
	{
		"meta_business", "Meta Business",
		[]string{"Full control", "Partial access"},
		"Partial access", ways(partner, invitation),
		"In Meta Business settings open Users → Partners, choose our business and remove it.",
		"Business settings → Users → Partners",
	},
	{
		"linkedin", "LinkedIn",
		[]string{"Super admin", "Content admin", "Curator", "Analyst"},
		"Content admin", ways(invitation, partner),
		"On the LinkedIn page open Settings → Manage admins, and remove our people.",
		"Settings → Manage admins",
	},
	{
		"tiktok", "TikTok",
		[]string{"Admin", "Operator", "Analyst"},
		"Operator", ways(partner, invitation),
		"In TikTok Business Center open Users → Partners, and remove our business.",
		"Users → Partners",
	},
	{
		"pinterest", "Pinterest",
		[]string{"Admin", "Campaign manager", "Audience manager", "Analyst"},
		"Campaign manager", ways(partner, invitation),
		"In Pinterest open Business access → Partners, and remove our business.",
		"Business access → Partners",
	},
	{
		"microsoft_advertising", "Microsoft Advertising",
		[]string{"Super admin", "Standard user", "Campaign manager", "Viewer"},
		"Campaign manager", ways(manager, invitation),
		"In Microsoft Advertising open Settings → Account access, then unlink our manager account and remove our users.",
		"Settings → Account access",
	},
	{
		"youtube", "YouTube",
		[]string{"Manager", "Editor", "Editor (limited)", "Viewer"},
		"Editor", ways(invitation),
		"In YouTube Studio open Settings → Permissions, and remove our access.",
		"Settings → Permissions",
	},
	{
		"mailchimp", "Mailchimp",
		[]string{"Admin", "Manager", "Author", "Viewer"},
		"Manager", ways(invitation),
		"In Mailchimp open Account → Settings → Users, and revoke our access.",
		"Account → Settings → Users",
	},
	{
		"klaviyo", "Klaviyo",
		[]string{"Admin", "Manager", "Campaign coordinator", "Content creator", "Analyst"},
		"Manager", ways(invitation),
		"In Klaviyo open Settings → Users, and remove our addresses.",
		"Settings → Users",
	},
	{
		"hubspot", "HubSpot",
		[]string{"Super admin", "Marketing user", "View only"},
		"Marketing user", ways(invitation, partner, oauth),
		"In HubSpot open Settings → Users and teams, and deactivate our users; connected apps are listed under Integrations.",
		"Settings → Users and teams",
	},
	{
		"activecampaign", "ActiveCampaign",
		[]string{"Administrator", "Marketing group", "Viewer group"},
		"Marketing group", ways(invitation),
		"In ActiveCampaign open Settings → Users and groups, and delete our users.",
		"Settings → Users and groups",
	},
	{
		"wordpress", "WordPress",
		[]string{"Administrator", "Editor", "Author"},
		"Editor", ways(invitation, vault),
		"In WordPress open Users → All users, delete our accounts and keep their content under one of yours.",
		"Users → All users",
	},
	{
		"shopify", "Shopify",
		[]string{"Staff", "Collaborator"},
		"Collaborator", ways(partner, invitation),
		"In Shopify open Settings → Users, and remove our collaborator account.",
		"Settings → Users",
	},
	{
		"webflow", "Webflow",
		[]string{"Admin", "Can design", "Can edit"},
		"Can edit", ways(invitation),
		"In Webflow open Workspace settings → Members, and remove our members and guests.",
		"Workspace settings → Members",
	},
	{
		"squarespace", "Squarespace",
		[]string{"Administrator", "Website editor", "Reports"},
		"Website editor", ways(invitation),
		"In Squarespace open Settings → Permissions and ownership, and remove our contributors.",
		"Settings → Permissions and ownership",
	},
	{
		"wix", "Wix",
		[]string{"Co-owner", "Website manager", "Website designer", "Marketing manager"},
		"Website designer", ways(invitation),
		"In Wix open Settings → Roles and permissions, and remove our people.",
		"Settings → Roles and permissions",
	},
	{
		"registrar", "Registrar",
		[]string{"Delegate, all domains", "Delegate, DNS only", "Read only"},
		"Delegate, DNS only", ways(delegate, invitation, vault),
		"In your account at the registrar open delegate or user access, and remove us.",
		"",
	},
	{
		"dns_host", "DNS host",
		[]string{"Administrator", "Zone editor", "Read only"},
		"Zone editor", ways(invitation, zone, vault),
		"In your account at the DNS host open its users or members, and remove us; if a part of the zone was delegated to us, remove its NS records.",
		"",
	},
	{
		"cloudflare", "Cloudflare",
		[]string{"Administrator", "Domain administrator", "Domain DNS", "Read only"},
		"Domain DNS", ways(invitation),
		"In Cloudflare open Manage account → Members, and revoke our membership.",
		"Manage account → Members",
	},
	{
		"hosting", "Hosting panel",
		[]string{"Administrator", "Technical user", "Read only"},
		"Technical user", ways(invitation, vault),
		"In the hosting panel open its users or collaborators, and remove us; change the passwords of any shared SFTP or database user.",
		"",
	},
}
