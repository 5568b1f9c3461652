using Microsoft.AspNetCore.Identity;

namespace Portico.Infrastructure.Passwords;

/// <summary>The credential of a user, stored under the id of the user.</summary>
/// <remarks>Its user name is that id, because contact addresses are on the user and can change.</remarks>
public sealed class Credential : IdentityUser<Guid>;
