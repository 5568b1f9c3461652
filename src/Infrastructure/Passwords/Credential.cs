using Microsoft.AspNetCore.Identity;

namespace Portico.Infrastructure.Passwords;

/// <summary>What signs a person in, kept under the id of their profile.</summary>
/// <remarks>Its user name is that id: addresses stand on the profile, and can change.</remarks>
public sealed class Credential : IdentityUser<Guid>;
